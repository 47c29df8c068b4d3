import type { OperationContext } from './child-messages.ts';

/** Does both side by side. One that fails ends the other; it settles when nothing runs any more. */
export async function bothOrNone<One, Other>(
  { signal }: OperationContext,
  [one, other]: [(signal: AbortSignal) => Promise<One>, (signal: AbortSignal) => Promise<Other>],
): Promise<[One, Other]> {
  const stopping = new AbortController();
  const both = AbortSignal.any([signal, stopping.signal]);
  const running = [one(both), other(both)] as const;
  try {
    return await Promise.all(running);
  } finally {
    stopping.abort();
    await Promise.allSettled(running);
  }
}
