import { setTimeout as delay } from 'node:timers/promises';

/** Asks every `everyMs` (default 100) until the answer is true; throws, naming what was awaited, after `timeoutMs`. */
export async function waitUntil(
  what: string,
  isTrue: () => Promise<boolean>,
  timeoutMs: number,
  everyMs = 100,
): Promise<void> {
  const until = Date.now() + timeoutMs;
  while (!(await isTrue())) {
    if (Date.now() > until) throw new Error(`waited ${timeoutMs / 1000} s for this, in vain: ${what}`);
    await delay(everyMs);
  }
}
