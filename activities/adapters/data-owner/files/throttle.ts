import { setTimeout } from 'node:timers/promises';

/** Shorter waits are saved up: a timer is not more exact. */
const leastWaitMs = 20;
/** How much of the time that a slow disk took may be caught up by going faster after it. */
const mostCatchUpMs = 1_000;

/** Makes a function that takes how many bytes passed and waits, so that they stay below a rate; null for no limit. */
export function createThrottle(
  bytesPerSecond: number | null,
  signal: AbortSignal,
): (bytes: number) => Promise<void> {
  let due = performance.now();
  return async (bytes) => {
    signal.throwIfAborted();
    if (bytesPerSecond === null) return;
    const now = performance.now();
    due = Math.max(due, now - mostCatchUpMs) + (bytes / bytesPerSecond) * 1_000;
    if (due - now > leastWaitMs) await setTimeout(due - now, undefined, { signal });
  };
}
