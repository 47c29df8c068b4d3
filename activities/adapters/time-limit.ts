/**
 * A signal that aborts after a time (`TimeoutError`). In place of `AbortSignal.timeout`: as a part of `AbortSignal.any`
 * that one is held by nothing in Node 20, and the garbage collector takes it away before it aborts.
 */
export function timeLimit(milliseconds: number): AbortSignal {
  const limit = new AbortController();
  const late = (): void =>
    limit.abort(new DOMException(`took longer than ${milliseconds} ms`, 'TimeoutError'));
  setTimeout(late, milliseconds).unref();
  return limit.signal;
}
