import * as z from 'zod';
import { closest } from './closest.ts';
import { registerField } from './field.ts';

const EXPECTED = 'a timezone name such as Europe/Paris, America/New_York or UTC';

/** An IANA timezone name. Abbreviations and offsets are refused: they do not follow summer time. */
export function timezoneField() {
  const schema = z.string({ error: EXPECTED }).superRefine((text, context) => {
    if (isTimezone(text)) return;
    const nearest = closest(text, Intl.supportedValuesOf('timeZone'));
    const hint = nearest === undefined ? '' : `; did you mean ${nearest}?`;
    context.addIssue({ code: 'custom', message: `${EXPECTED}${hint}` });
  });
  return registerField(schema, EXPECTED);
}

function isTimezone(text: string): boolean {
  if (text === 'UTC') return true;
  if (!/^[A-Z][A-Za-z_]+\//.test(text)) return false;
  try {
    return new Intl.DateTimeFormat('en', { timeZone: text }).resolvedOptions().timeZone !== '';
  } catch {
    return false;
  }
}
