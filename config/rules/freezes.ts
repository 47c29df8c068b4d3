import type { Finding } from '../explain-issue.ts';
import { resolveFreeze } from '../freezes.ts';
import type { ParsedHost } from '../host-schema.ts';
import type { Partly } from '../parse-partly.ts';

/** Each freeze has days that exist, and ends after it begins. */
export function freezeRules({ freezes, host }: Partly<ParsedHost>): Finding[] {
  const timezone = host?.timezone;
  if (freezes === undefined || timezone === undefined) return [];
  return freezes.flatMap((written, index) => {
    const freeze = resolveFreeze(written, timezone);
    if (freeze !== null && freeze.until > freeze.from) return [];
    const got = `${written.from} to ${written.until}`;
    const expected = freeze === null ? 'days that the calendar has' : 'an end after the beginning';
    return [{ keys: ['freezes', index], got, expected }];
  });
}
