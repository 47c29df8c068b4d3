import { readFile } from 'node:fs/promises';
import { errorCode } from '../error-code.ts';
import { OperationError } from '../operation-error.ts';
import { AccessToken } from './access-token.ts';
import { readJsonField } from './json-field.ts';
import { type AppResponse, refusedStatus, sendRequest } from './send-request.ts';

/** The login of the test user, as configured in checks.login. */
export type LoginRequest = {
  readonly url: string;
  readonly method: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly encoding: 'json' | 'form';
  /** `{password}` in a value is replaced when the request is made. */
  readonly body: Readonly<Record<string, string>>;
  readonly passwordFile?: string | undefined;
  readonly passwordEnv?: string | undefined;
  readonly tokenField: string;
  /** Name of the cookie that is the token; null: the token is in the answer's JSON. */
  readonly tokenCookie: string | null;
  readonly tokenHeader: string;
  /** Contains `{token}`. */
  readonly tokenFormat: string;
};

/**
 * Logs in once. The app may note the login in its audit log; nothing else changes.
 * Throws `OperationError`: `LOGIN_SECRET_MISSING`, `APP_STATUS`, `LOGIN_TOKEN_MISSING` and those of `sendRequest`.
 */
export const login = async (
  request: LoginRequest,
  options: { readonly timeoutMs: number; readonly signal?: AbortSignal | undefined },
): Promise<AccessToken> => {
  const { url, method, headers, encoding } = request;
  const password = await readPassword(request);
  const fields = Object.fromEntries(
    Object.entries(request.body).map(([name, value]) => [
      name,
      value.replaceAll('{password}', () => password),
    ]),
  );
  const sent = { what: 'login', url, method };
  const isForm = encoding === 'form';
  const answer = await sendRequest({
    ...sent,
    headers: {
      ...headers,
      'content-type': isForm ? 'application/x-www-form-urlencoded' : 'application/json',
    },
    body: isForm ? new URLSearchParams(fields) : JSON.stringify(fields),
    ...options,
  });
  const { status } = answer;
  if ((status < 200 || status > 299) && !isRedirectWithCookie(request, answer))
    throw refusedStatus(sent, status, hintFor(status));
  const token = tokenOf(request, answer);
  if (token === undefined) throw tokenMissing(sent, request);
  return token;
};

// A login form often answers with a redirect to the first page; the cookie says that it worked.
const isRedirectWithCookie = ({ tokenCookie }: LoginRequest, { status, cookies }: AppResponse): boolean =>
  tokenCookie !== null &&
  (status === 302 || status === 303) &&
  cookieNamed(tokenCookie, cookies) !== undefined;

const tokenOf = (request: LoginRequest, { body, cookies }: AppResponse): AccessToken | undefined => {
  const { tokenField, tokenCookie, tokenHeader, tokenFormat } = request;
  if (tokenCookie !== null) {
    const value = cookieNamed(tokenCookie, cookies);
    return value === undefined ? undefined : new AccessToken('Cookie', `${tokenCookie}=${value}`);
  }
  const token = readJsonField(body, tokenField);
  return token === undefined
    ? undefined
    : new AccessToken(
        tokenHeader,
        tokenFormat.replace('{token}', () => token),
      );
};

const cookieNamed = (name: string, cookies: readonly string[]): string | undefined => {
  const found = cookies.find((cookie) => cookie.startsWith(`${name}=`));
  return found?.slice(name.length + 1).split(';')[0] || undefined;
};

const readPassword = async ({ passwordFile, passwordEnv }: LoginRequest): Promise<string> => {
  if (passwordFile !== undefined) {
    const text = await readFile(passwordFile, 'utf8').catch((error: unknown) => {
      throw secretMissing(passwordFile, errorCode(error) ?? 'cannot be read');
    });
    const password = text.replace(/\r?\n$/, '');
    if (password === '') throw secretMissing(passwordFile, 'the file is empty');
    return password;
  }
  const password = passwordEnv === undefined ? undefined : process.env[passwordEnv];
  if (!password) throw secretMissing(passwordEnv ?? 'checks.login', 'the variable is not set for the worker');
  return password;
};

const hintFor = (status: number): string => {
  if (status === 401 || status === 403) {
    return 'Check that the test user exists and that its password is the one in checks.login.passwordFile or passwordEnv.';
  }
  if (status >= 300 && status < 400)
    return 'Redirects are not followed: write the final address into checks.login.url.';
  if (status >= 500) return 'The app failed by itself: look at its logs.';
  return 'Compare checks.login (url, method, encoding, headers, body) with what the app expects.';
};

const secretMissing = (target: string, cause: string): OperationError =>
  new OperationError({
    code: 'LOGIN_SECRET_MISSING',
    operation: 'login',
    target,
    cause,
    hint: 'Write the password of the test user there, readable only for the user of the worker (mode 0600).',
    retryable: false,
  });

const tokenMissing = (
  { method, url }: { readonly method: string; readonly url: string },
  { tokenField, tokenCookie }: LoginRequest,
): OperationError =>
  new OperationError({
    code: 'LOGIN_TOKEN_MISSING',
    operation: 'login',
    target: `${method} ${url}`,
    cause:
      tokenCookie === null
        ? `the answer has no text in the field ${tokenField}`
        : `the answer sets no cookie ${tokenCookie}`,
    hint: "Set checks.login.tokenField to where the answer's JSON carries the token, or tokenCookie to the name of the session's cookie.",
    retryable: false,
  });
