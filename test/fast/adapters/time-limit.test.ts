import { setTimeout as delay } from 'node:timers/promises';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { expect, it } from 'vitest';
import { timeLimit } from '../../../activities/adapters/time-limit.ts';

setFlagsFromString('--expose-gc');
const collectGarbage: () => void = runInNewContext('gc');

it('a time limit that is part of another signal survives the garbage collector, and aborts', async () => {
  const stop = new AbortController();
  let reason: unknown;
  (() => {
    const both = AbortSignal.any([stop.signal, timeLimit(300)]);
    both.addEventListener('abort', () => {
      reason = both.reason;
    });
  })();
  // A turn of the loop: what is held by the stack alone is let go.
  await delay(10);
  collectGarbage();
  await delay(10);
  collectGarbage();
  await expect.poll(() => reason, { timeout: 5000 }).toMatchObject({ name: 'TimeoutError' });
});
