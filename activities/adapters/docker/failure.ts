import { errorCode } from '../error-code.ts';
import { OperationError } from '../operation-error.ts';

/** Turns what the engine (or the socket) answered into an `OperationError` that says what to do. */
export const dockerFailure = (operation: string, target: string, error: unknown): OperationError => {
  if (error instanceof OperationError) return error;
  const socket = socketHints.get(errorCode(error) ?? '');
  if (socket !== undefined) {
    const { code, hint, retryable } = socket;
    return new OperationError({ code, operation, target, cause: error, hint, retryable });
  }
  const status = dockerStatus(error);
  if (status === 404) return new OperationError({ ...notFound, operation, target, cause: reasonOf(error) });
  return new OperationError({
    code: 'ENGINE_REFUSED',
    operation,
    target,
    cause: reasonOf(error),
    hint: "Look at the engine's own log on the host: journalctl -u docker.service",
    retryable: status === undefined || status >= 500,
  });
};

/** The HTTP status of an answer of the engine, undefined when the error is none. */
export const dockerStatus = (error: unknown): number | undefined =>
  error instanceof Error && 'statusCode' in error && typeof error.statusCode === 'number'
    ? error.statusCode
    : undefined;

/** The engine's own words, without the HTTP wrapping. */
export const reasonOf = (error: unknown): string => {
  if (error instanceof Error && 'json' in error && typeof error.json === 'object' && error.json !== null) {
    if ('message' in error.json && typeof error.json.message === 'string') return error.json.message;
  }
  return error instanceof Error ? error.message : String(error);
};

const notFound = {
  code: 'ENGINE_NOT_FOUND',
  hint: 'It was removed or renamed meanwhile: run the checks again to see what is there now.',
  retryable: false,
} as const;

const down = {
  code: 'ENGINE_DOWN',
  hint: 'Start Docker on the host: systemctl start docker.service',
  retryable: true,
} as const;

const socketHints = new Map<string, { code: string; hint: string; retryable: boolean }>([
  ['ENOENT', down],
  ['ECONNREFUSED', down],
  ['ECONNRESET', down],
  ['EPIPE', down],
  [
    'EACCES',
    {
      code: 'ENGINE_NOT_PERMITTED',
      hint: "Put the worker's user into the group docker (packaging/fdts-ops-host.service does).",
      retryable: false,
    },
  ],
]);
