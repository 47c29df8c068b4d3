import { expect, it } from 'vitest';
import { acquireHostLock } from '../../../activities/adapters/journal/host-lock.ts';
import { lockBetweenChanges } from '../../../workers/lock-between-changes.ts';
import { call, journalSite, run, ticket, what } from './support/journal-site.ts';

const never = new AbortController().signal;

it.each(['clear', 'recover'])(
  '%s does not wait for ever: the step is named, and what to do',
  async (verb) => {
    const { journal, lockFile } = journalSite();
    const fence = journal.takeHold(run, what);
    journal.begin(run, ticket('switch-images', fence), call('switchImages'));
    const changing = await acquireHostLock(lockFile, never);
    await expect(lockBetweenChanges(lockFile, journal, { verb, waitMs: 250 })).rejects.toMatchObject({
      code: 'CHANGE_UNDER_WAY',
      exitCode: 2,
      message: `${verb}: step "Do switch-images" of plannedMaintenance (run window) is still under way on this host after 0 s; nothing was changed`,
      hint: `Wait for it, stop it in order (fdts-ops abort window), or stop the worker that makes it (sudo systemctl stop fdts-ops-host); then run ${verb} again.`,
    });
    changing.release();
    (await lockBetweenChanges(lockFile, journal, { verb, waitMs: 250 })).release();
  },
);

it('a change that no run of the journal makes has no run to stop', async () => {
  const { journal, lockFile } = journalSite();
  const changing = await acquireHostLock(lockFile, never);
  await expect(lockBetweenChanges(lockFile, journal, { verb: 'clear', waitMs: 250 })).rejects.toMatchObject({
    message: expect.stringContaining('clear: a change is still under way'),
    hint: expect.not.stringContaining('abort'),
  });
  changing.release();
});

it('a person who stops the wait is told that, and not of the change', async () => {
  const { journal, lockFile } = journalSite();
  const changing = await acquireHostLock(lockFile, never);
  const person = new AbortController();
  const waiting = lockBetweenChanges(lockFile, journal, {
    verb: 'recover',
    signal: person.signal,
    onWait: () => person.abort(new Error('stopped by SIGINT')),
  });
  await expect(waiting).rejects.toThrow('stopped by SIGINT');
  changing.release();
});
