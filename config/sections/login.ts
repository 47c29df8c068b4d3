import * as z from 'zod';
import { choiceField, registerField, section, textField } from '../field.ts';
import { absolutePathField } from '../path-field.ts';
import { httpUrlField } from '../url-field.ts';

const COOKIE_NAME = /^[^\s=;,"]+$/;
const HEADER_NAME = /^[A-Za-z0-9!#$%&'*+.^_`|~-]+$/;
const HEADERS = 'a list of header names with texts, such as Accept: application/json';
const BODY = 'names with texts, such as username: smoke and password: "{password}"';

/** `checks.login`: the request by which a test user logs in. The password comes from a file or the environment. */
export const loginSection = section({
  url: httpUrlField('http://127.0.0.1:3001/api/auth/login').describe('Address of the login.'),
  method: choiceField(['POST', 'PUT']).prefault('POST').describe('Method of the request.'),
  headers: textMap(HEADERS).prefault({}).describe('Headers to send besides Content-Type.'),
  encoding: choiceField(['json', 'form'])
    .prefault('json')
    .describe(
      'How the fields are sent: as JSON, or as an HTML form does (application/x-www-form-urlencoded).',
    ),
  body: textMap(BODY).describe('Fields of the body. {password} is replaced when the request is made.'),
  passwordFile: absolutePathField('/etc/fdts-ops/smoke-password')
    .optional()
    .describe('File (mode 0600) with the password. Give exactly one of passwordFile and passwordEnv.'),
  passwordEnv: environmentNameField()
    .optional()
    .describe("Name of the variable in the worker's environment that holds the password."),
  tokenField: textField('a field name such as token, or several with dots such as data.token')
    .prefault('token')
    .describe("Where the answer's JSON carries the token that later requests send."),
  tokenCookie: textField('the name of a cookie such as session', COOKIE_NAME)
    .nullable()
    .prefault(null)
    .describe(
      'When the app answers with a cookie instead: its name; later requests send it back as a cookie.',
    ),
  tokenHeader: textField('the name of a header such as Authorization', HEADER_NAME)
    .prefault('Authorization')
    .describe('Header in which later requests send the token (not used with tokenCookie).'),
  tokenFormat: textField('a text with {token} once, such as Bearer {token}', /^[^{}]*\{token\}[^{}]*$/)
    .prefault('Bearer {token}')
    .describe('What that header says; {token} stands for the token.'),
});

/** The name of an environment variable (never its value). */
export function environmentNameField() {
  return textField('the name of an environment variable such as FDTS_SMOKE_PASSWORD', /^[A-Z_][A-Z0-9_]*$/);
}

function textMap(expected: string) {
  return registerField(z.record(z.string(), z.string({ error: expected }), { error: expected }), expected);
}
