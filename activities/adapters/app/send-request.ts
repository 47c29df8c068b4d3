import { errorCode } from '../error-code.ts';
import { OperationError } from '../operation-error.ts';
import { timeLimit } from '../time-limit.ts';

/** By this the access log tells requests of fdts-ops from those of users. */
export const OWN_USER_AGENT = 'fdts-ops';

/** A request to the app. `what` names it in errors: `login`. Its body and its answer's body never appear in one. */
export type AppRequest = {
  readonly what: string;
  readonly url: string;
  readonly method: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string | URLSearchParams | FormData;
  readonly timeoutMs: number;
  readonly signal?: AbortSignal | undefined;
};

/** What came back. `milliseconds` counts from the request to the last byte. */
export type AppResponse = {
  readonly status: number;
  readonly body: Uint8Array;
  /** The Set-Cookie headers: they may be secret. */
  readonly cookies: readonly string[];
  readonly milliseconds: number;
};

/**
 * Sends one request and reads the whole answer, whatever its status. Redirects are not followed: they could carry a
 * password elsewhere. Throws `OperationError`: `APP_UNREACHABLE`, `APP_TIMEOUT`, `APP_REQUEST_ABORTED`.
 */
export const sendRequest = async (request: AppRequest): Promise<AppResponse> => {
  const { url, method, headers, body, timeoutMs, signal } = request;
  const timeout = timeLimit(timeoutMs);
  const started = performance.now();
  try {
    const response = await fetch(url, {
      method,
      redirect: 'manual',
      signal: signal === undefined ? timeout : AbortSignal.any([signal, timeout]),
      // A connection for each request: one kept from before a restart would say nothing about the app of now,
      // and an idle one makes the app slow to stop.
      headers: { ...headers, connection: 'close', 'user-agent': OWN_USER_AGENT },
      ...(body === undefined ? {} : { body }),
    });
    const bytes = new Uint8Array(await response.arrayBuffer());
    return {
      status: response.status,
      body: bytes,
      cookies: response.headers.getSetCookie(),
      milliseconds: Math.round(performance.now() - started),
    };
  } catch (error) {
    if (signal?.aborted) throw aborted(request);
    throw timeout.aborted ? timedOut(request) : unreachable(request, error);
  }
};

/** The failure of a request that was answered with a status other than 2xx. */
export const refusedStatus = (
  request: Pick<AppRequest, 'what' | 'url' | 'method'>,
  status: number,
  hint: string,
): OperationError =>
  new OperationError({
    code: 'APP_STATUS',
    operation: request.what,
    target: `${request.method} ${request.url}`,
    cause: `answered ${status}, expected 2xx`,
    hint,
    retryable: status >= 500 || status === 429,
  });

const aborted = ({ what, method, url }: AppRequest): OperationError =>
  new OperationError({
    code: 'APP_REQUEST_ABORTED',
    operation: what,
    target: `${method} ${url}`,
    cause: 'stopped on request',
    hint: 'Nothing to do: the caller asked for it.',
    retryable: true,
  });

const timedOut = ({ what, method, url, timeoutMs }: AppRequest): OperationError =>
  new OperationError({
    code: 'APP_TIMEOUT',
    operation: what,
    target: `${method} ${url}`,
    cause: `no complete answer within ${timeoutMs / 1000} s`,
    hint: 'Look at the logs of the app; when it is only slow, raise checks.timeout.',
    retryable: true,
  });

const unreachable = ({ what, method, url }: AppRequest, error: unknown): OperationError =>
  new OperationError({
    code: 'APP_UNREACHABLE',
    operation: what,
    target: `${method} ${url}`,
    cause: reasonOf(error),
    hint: 'See whether the app runs and listens on this address (docker compose ps), and whether the address in checks is right.',
    retryable: true,
  });

const reasonOf = (error: unknown): string => {
  const underneath = error instanceof Error && error.cause instanceof Error ? error.cause : error;
  const code = errorCode(underneath);
  if (code === 'ECONNREFUSED') return 'connection refused: nothing listens there';
  return code ?? (underneath instanceof Error ? underneath.message : String(underneath));
};
