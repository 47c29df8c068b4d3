import { expect, it } from 'vitest';
import { measurements } from '../../../activities/watch/measured.ts';

const signal = new AbortController().signal;

it('what hangs is not begun once more while it does, and other things are measured beside it', async () => {
  const measure = measurements();
  const answers: (() => void)[] = [];
  let begun = 0;
  const hangs = () =>
    measure('error rate', signal, () => {
      begun += 1;
      return new Promise<string>((resolve) => {
        answers.push(() => resolve('now'));
      });
    });
  const first = hangs();
  expect(await hangs()).toEqual({ name: 'error rate', because: 'an earlier look at it has not ended yet' });
  expect(await measure('memory', signal, () => Promise.resolve(7))).toEqual({ value: 7 });
  expect(begun).toBe(1);
  for (const answer of answers) answer();
  expect(await first).toEqual({ value: 'now' });
  void hangs();
  expect(begun).toBe(2);
});

it('what throws at once counts as ended', async () => {
  const measure = measurements();
  const fails = () => measure('recent backup', signal, () => Promise.reject(new Error('no folder')));
  expect(await fails()).toMatchObject({ because: expect.stringContaining('no folder') });
  expect(await fails()).toMatchObject({ because: expect.stringContaining('no folder') });
});
