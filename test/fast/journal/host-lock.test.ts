import { expect, it } from 'vitest';
import { acquireHostLock } from '../../../activities/adapters/journal/host-lock.ts';
import { journalSite } from './support/journal-site.ts';
import { startScript } from './support/start-script.ts';

const never = new AbortController().signal;

async function isFree(file: string): Promise<boolean> {
  try {
    (await acquireHostLock(file, AbortSignal.timeout(250))).release();
    return true;
  } catch {
    return false;
  }
}

it('is had by one at a time in one process, and goes to the next when it is released', async () => {
  const { lockFile } = journalSite();
  const first = await acquireHostLock(lockFile, never);
  expect(await isFree(lockFile)).toBe(false);
  const second = acquireHostLock(lockFile, never);
  first.release();
  (await second).release();
  expect(await isFree(lockFile)).toBe(true);
});

it('is had by one process at a time, and is free again when its process is killed', async () => {
  const { lockFile } = journalSite();
  const holder = startScript('hold-lock.ts', lockFile);
  await holder.wrote(1);
  expect(await isFree(lockFile)).toBe(false);
  await holder.kill();
  expect(await isFree(lockFile)).toBe(true);
});

it('waited for in vain says why it stopped waiting', async () => {
  const { lockFile } = journalSite();
  const lock = await acquireHostLock(lockFile, never);
  const controller = new AbortController();
  const waiting = acquireHostLock(lockFile, controller.signal);
  controller.abort(new Error('the run was aborted'));
  await expect(waiting).rejects.toThrow('the run was aborted');
  lock.release();
});
