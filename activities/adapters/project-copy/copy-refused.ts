import { OperationError } from '../operation-error.ts';

/** A project that cannot be copied without sharing something with the live one, with every reason. */
export const copyRefused = (reasons: readonly string[]): OperationError =>
  new OperationError({
    code: 'COPY_REFUSED',
    operation: 'copyProject',
    target: 'the compose project',
    cause: reasons.join('; '),
    hint: 'A throwaway copy must share nothing with the live project. Change the compose file, or name what a copy may have empty in copies.emptyPaths.',
    retryable: false,
  });

/** A created copy that is not what was asked for; it was not started. */
export const copyShares = (name: string, reasons: readonly string[]): OperationError =>
  new OperationError({
    code: 'COPY_SHARES_WITH_LIVE',
    operation: 'inspectCopy',
    target: name,
    cause: reasons.join('; '),
    hint: 'It was not started and is removed. Report this with the compose file: a copy must never get here.',
    retryable: false,
  });
