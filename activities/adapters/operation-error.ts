/** What an adapter knows about a failure when it reports it. */
export interface OperationFailure {
  /** Stable name in capitals, for code to branch on: `DISK_FULL`, `DATABASE_IN_USE`. */
  code: string;
  /** The operation that failed, as its function is called: `createBackup`. */
  operation: string;
  /** What it was working on: a path, a container, a unit. */
  target: string;
  /** The error underneath, or the reason in words. */
  cause: unknown;
  /** What a person does next. */
  hint: string;
  /** Whether the same call may succeed later without anybody doing anything. */
  retryable: boolean;
  /** What a program reads of it; it goes with the failure to the run that asked. */
  details?: Readonly<Record<string, string>>;
}

/** The one error that every adapter throws. Its message reads `operation target: cause`. */
export class OperationError extends Error {
  override readonly name = 'OperationError';
  readonly code: string;
  readonly operation: string;
  readonly target: string;
  readonly hint: string;
  readonly retryable: boolean;
  readonly details: Readonly<Record<string, string>>;

  constructor(failure: OperationFailure) {
    const { code, operation, target, cause, hint, retryable, details = {} } = failure;
    super(`${operation} ${target}: ${inWords(cause)}`, { cause });
    this.code = code;
    this.operation = operation;
    this.target = target;
    this.hint = hint;
    this.retryable = retryable;
    this.details = details;
  }
}

/** What an error says, and what a person does next where it knows. */
export function withHint(error: unknown): string {
  if (error instanceof OperationError) return `${error.message}. ${error.hint}`;
  return error instanceof Error ? error.message : String(error);
}

function inWords(cause: unknown): string {
  const text = (cause instanceof Error ? cause.message : String(cause)).trim();
  const startsWithOneCapital = /^[A-Z][a-z ]/.test(text);
  return startsWithOneCapital ? text.charAt(0).toLowerCase() + text.slice(1) : text;
}
