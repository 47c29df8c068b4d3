import { OperationError } from '../operation-error.ts';

const operation = 'configurationBundle';

/** The file is no bundle, was changed, or is cut. */
export function brokenBundle(target: string, cause: unknown): OperationError {
  if (cause instanceof OperationError) return cause;
  return new OperationError({
    code: 'BUNDLE_BROKEN',
    operation,
    target,
    cause,
    hint: 'Take the copy on external storage, or an older bundle; do not trust this file.',
    retryable: false,
  });
}

/** There is no such file; `others`: the bundles that lie there, newest first. */
export function noBundle(target: string, others: readonly string[]): OperationError {
  return new OperationError({
    code: 'NO_BUNDLE',
    operation,
    target,
    cause: 'there is no such file',
    hint:
      others.length === 0
        ? 'No bundle lies there: copy one to this machine and name its full path.'
        : `Name another one, which has the configuration of its own time: ${others.slice(0, 5).join(', ')}.`,
    retryable: false,
  });
}

/** The key at hand does not open this bundle. */
export function wrongKey(target: string, cause: string): OperationError {
  return new OperationError({
    code: 'BUNDLE_KEY_WRONG',
    operation,
    target,
    cause,
    hint: 'Give the identity (or passphrase) that belongs to the recipients that the bundle was made for.',
    retryable: false,
  });
}

/** The key's configuration cannot be used. */
export function unusableKey(target: string, cause: string, hint: string): OperationError {
  return new OperationError({
    code: 'BUNDLE_KEY_UNUSABLE',
    operation,
    target,
    cause,
    hint,
    retryable: false,
  });
}
