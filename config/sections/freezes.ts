import * as z from 'zod';
import { registerField } from '../field.ts';

const EXPECTED =
  'a list of freezes such as [{ name: end of the year, reason: high season, from: 2026-12-18, until: 2027-01-03 }]';
const DAY_OR_TIME = /^\d{4}-\d\d-\d\d( ([01]\d|2[0-3]):[0-5]\d)?$/;
const LINE = /^\S(.*\S)?$/;

const error = { error: EXPECTED };

/** `freezes`: times in which the host may not be changed. */
export const freezesSection = registerField(
  z.array(
    z.strictObject(
      {
        name: z.string(error).regex(LINE, error),
        reason: z.string(error).regex(LINE, error),
        from: z.string(error).regex(DAY_OR_TIME, error),
        until: z.string(error).regex(DAY_OR_TIME, error),
      },
      { error: EXPECTED },
    ),
    error,
  ),
  EXPECTED,
)
  .prefault([])
  .describe(
    "Times in which this host may not be changed, each with name, reason, from and until: a day (until: to its end) or a time such as 2026-12-18 18:00, in the host's timezone. Procedures that mend what is down are exempt; others need overrideFreeze with a reason in their input. Example: [{ name: end of the year, reason: high season, from: 2026-12-18, until: 2027-01-03 }]. It counts when the worker has been restarted.",
  );

/** A freeze as it is written. */
export type WrittenFreeze = z.output<typeof freezesSection>[number];
