import { setTimeout as delay } from 'node:timers/promises';
import { stackHeldSince } from '../adapters/compose/hold-stack.ts';

/** A change that holds FDTS down for longer than this is stuck; then nothing is gained by waiting for it. */
const LONGEST_STOP_MS = 30 * 60_000;
const LOOK_EVERY_MS = 1000;

/**
 * Does work that can wait, giving way to a change that holds FDTS down: while users are shut out the disk belongs to it.
 * Work that is under way then is stopped and begins again afterwards, so it must be repeatable.
 */
export async function giveWay<Result>(
  signal: AbortSignal,
  work: (signal: AbortSignal) => Promise<Result>,
  isUrgent: () => Promise<boolean> = isShortlyDown,
): Promise<Result> {
  for (;;) {
    while (await isUrgent()) await delay(LOOK_EVERY_MS, undefined, { signal });
    const way = new AbortController();
    const looking = new AbortController();
    const looked = lookUntil(isUrgent, looking.signal, way);
    try {
      return await work(AbortSignal.any([signal, way.signal]));
    } catch (error) {
      if (!way.signal.aborted || signal.aborted) throw error;
    } finally {
      looking.abort();
      await looked;
    }
  }
}

async function lookUntil(
  isUrgent: () => Promise<boolean>,
  ended: AbortSignal,
  way: AbortController,
): Promise<void> {
  while (!ended.aborted) {
    await delay(LOOK_EVERY_MS, undefined, { signal: ended }).catch(() => undefined);
    if (!ended.aborted && (await isUrgent())) return way.abort();
  }
}

async function isShortlyDown(): Promise<boolean> {
  const since = await stackHeldSince();
  return since !== null && Date.now() - since < LONGEST_STOP_MS;
}
