import { expect, it } from 'vitest';
import { Attempts } from '../../../activities/execution/attempts.ts';
import { latch } from '../../support/scripted-runs.ts';

const never = new AbortController().signal;

it('a newer attempt ends the earlier one, and begins only when that has ended', async () => {
  const attempts = new Attempts();
  const cleanedUp = latch();
  const events: string[] = [];
  const first = attempts.runAlone('run/step/0', never, async (signal) => {
    events.push('first begins');
    await new Promise<void>((resolve) => {
      signal.addEventListener('abort', () => resolve(), { once: true });
    });
    events.push('first is told to stop');
    await cleanedUp.promise;
    events.push('first has ended');
    throw new Error('stopped');
  });
  const firstEnds = expect(first).rejects.toThrow('stopped');
  const second = attempts.runAlone('run/step/0', never, async () => {
    events.push('second begins');
    return 'second';
  });
  await expect.poll(() => events).toEqual(['first begins', 'first is told to stop']);
  cleanedUp.release();
  expect(await second).toBe('second');
  await firstEnds;
  expect(events).toEqual(['first begins', 'first is told to stop', 'first has ended', 'second begins']);
});

it('of three attempts only the last one is left, one after the other', async () => {
  const attempts = new Attempts();
  let atOnce = 0;
  let most = 0;
  const work = async (signal: AbortSignal) => {
    atOnce += 1;
    most = Math.max(most, atOnce);
    await new Promise<void>((resolve) => {
      if (signal.aborted) resolve();
      signal.addEventListener('abort', () => resolve(), { once: true });
    });
    atOnce -= 1;
    throw new Error('stopped');
  };
  const earlier = [attempts.runAlone('k', never, work), attempts.runAlone('k', never, work)];
  const ended = Promise.allSettled(earlier);
  expect(await attempts.runAlone('k', never, async () => atOnce)).toBe(0);
  expect((await ended).map(({ status }) => status)).toEqual(['rejected', 'rejected']);
  expect(most).toBe(1);
});

it('attempts of different steps do not disturb each other, and an abort reaches the attempt', async () => {
  const attempts = new Attempts();
  const abort = new AbortController();
  const first = attempts.runAlone('a', abort.signal, async (signal) => {
    await new Promise<void>((resolve) => {
      signal.addEventListener('abort', () => resolve(), { once: true });
    });
    return 'told';
  });
  expect(await attempts.runAlone('b', never, async () => 'alone')).toBe('alone');
  abort.abort();
  expect(await first).toBe('told');
});
