import * as z from 'zod';
import { registerField } from './field.ts';

/**
 * An http(s) address without user name and password in it (they would be an inline secret).
 * With `placeholder` the address must contain it exactly once, e.g. `{id}`.
 */
export function httpUrlField(example: string, placeholder?: string) {
  const where = placeholder === undefined ? '' : ` that contains ${placeholder} once`;
  const expected = `an http or https address${where}, such as ${example}, without user name or password in it`;
  const schema = z
    .string({ error: expected })
    .refine((text) => isAccepted(text, placeholder), { error: expected });
  return registerField(schema, expected);
}

function isAccepted(text: string, placeholder: string | undefined): boolean {
  const url = URL.canParse(text) ? new URL(text) : null;
  if (url === null || !/^https?:$/.test(url.protocol) || url.username !== '' || url.password !== '')
    return false;
  if (/[\s#]/.test(text)) return false;
  return placeholder === undefined || text.split(placeholder).length === 2;
}
