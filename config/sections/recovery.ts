import { durationField } from '../duration.ts';
import { section } from '../field.ts';

/** `recovery`: what a disaster recovery is measured against. */
export const recoverySection = section({
  target: durationField({ least: '1m', most: '7d' })
    .prefault('1h')
    .describe('How long a recovery on a new machine may take, from its start to an FDTS that works.'),
  dataAge: durationField({ least: '1m', most: '90d' })
    .prefault('24h')
    .describe('How old the data may be that a recovery brings back: what users wrote since is lost.'),
})
  .prefault({})
  .describe('What a disaster recovery is measured against.');
