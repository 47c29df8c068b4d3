/** How far an operation is. `bytes` of `totalBytes` in the phase that is named; both in bytes, 0 when not countable. */
export interface Progress {
  phase: string;
  bytes: number;
  totalBytes: number;
}

/** What an operation gets besides its arguments. */
export interface OperationContext {
  /** Aborted when the parent asks the child to stop (SIGTERM). */
  signal: AbortSignal;
  onProgress: (progress: Progress) => void;
}

/** The one line that the parent writes to the child's stdin, which it then keeps open: its end means the parent is gone. */
export interface ChildRequest {
  operation: string;
  /** Of the type that the operation takes: both sides get it from the same table of operations. */
  args: never;
}

/** A failure as it crosses the process border; the parent makes an OperationError of it. */
interface ChildFailure {
  code: string;
  target: string;
  message: string;
  hint: string;
  retryable: boolean;
}

/** One line on the child's stdout. The last one is `result` or `error`. */
export type ChildMessage = { progress: Progress } | { result: OperationResult } | { error: ChildFailure };

/** Of the type that the operation returns: both sides get it from the same table of operations. */
export type OperationResult = never;
