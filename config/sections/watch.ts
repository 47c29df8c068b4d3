import { durationField } from '../duration.ts';
import { section, wholeNumberField, yesNoField } from '../field.ts';

/** `watch`: whether what is wrong with a host is answered without a person. */
export const watchSection = section({
  enabled: yesNoField()
    .prefault(false)
    .describe(
      'Whether the host is watched all the time, and the procedure that answers what is wrong is started.',
    ),
  every: durationField({ least: '5s', most: '10m' })
    .prefault('30s')
    .describe('How long one look takes. While it lasts the app is asked once a second.'),
  mostAnswers: wholeNumberField(1, 100)
    .prefault(3)
    .describe(
      'So many procedures are started within the time below; then nothing more until a person sends clear.',
    ),
  mostEmergencies: wholeNumberField(1, 100)
    .prefault(2)
    .describe(
      'So many emergencies (securityIncident, which shuts users out) are started within the time below; then none until a person sends clear.',
    ),
  within: durationField({ least: '1m', most: '30d' })
    .prefault('24h')
    .describe('The time for mostAnswers and mostEmergencies.'),
})
  .prefault({})
  .describe('Whether what is wrong is answered without a person. Gates still wait for one.');
