import * as z from 'zod';
import { durationField } from '../duration.ts';
import { section, textField, wholeNumberField } from '../field.ts';
import { absolutePathField } from '../path-field.ts';

const ANSWERS = 'a list of alerts, each with alert and procedure';

/** `alerts`: alerts of an Alertmanager, answered like what the watch sees itself. */
export const alertsSection = section({
  port: wholeNumberField(1, 65_535)
    .prefault(9466)
    .describe('Port on 127.0.0.1 at which POST /alerts takes the webhook of an Alertmanager.'),
  tokenFile: absolutePathField('/etc/fdts-ops/alerts-token').describe(
    'File (mode 0600) with the token that the Alertmanager sends as "Authorization: Bearer ...".',
  ),
  hostLabel: textField('the name of a label such as fdts_host', /^[A-Za-z_][A-Za-z0-9_]*$/)
    .prefault('fdts_host')
    .describe(
      'Label of an alert that names the host. An alert without it is about the only host, where there is one only.',
    ),
  forgetAfter: durationField({ least: '1m', most: '30d' })
    .prefault('24h')
    .describe(
      'An alert that was not sent again for so long is over. Longer than repeat_interval of the Alertmanager (4h, unless it says otherwise).',
    ),
  answers: z
    .array(
      section({
        alert: textField('the name of an alert such as FdtsDown').describe('Label alertname of the alert.'),
        procedure: textField('the name of a procedure such as applicationDown', /^[a-z][A-Za-z]+$/).describe(
          'The procedure that is started. It gets the host and nothing else.',
        ),
      }),
      { error: ANSWERS },
    )
    .min(1, { error: ANSWERS })
    .describe('Which procedure answers which alert. An alert that is not named is refused.'),
})
  .nullable()
  .prefault(null)
  .describe('Alerts of an Alertmanager, for hosts whose watch is enabled; null for none.');
