import { existsSync, mkdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { expect, it } from 'vitest';
import { noticeFileChannel } from '../../../activities/adapters/notify/notice-file-channel.ts';
import { createNotifier } from '../../../activities/adapters/notify/notifier.ts';
import { ReportStore } from '../../../activities/adapters/report-store.ts';
import { timeOfStamp } from '../../../activities/execution/stamp-time.ts';
import { planRecovery } from '../../../workers/plan-recovery.ts';
import { recoveryReport, tellUsersOfRecovery } from '../../../workers/recovery-report.ts';
import { journalSite, run, what } from './support/journal-site.ts';

it('a window that a recovery finished is found as that window, with its own start, and as completed', async () => {
  const { journal, file } = journalSite();
  journal.takeHold(run, what);
  const plan = planRecovery(journal);
  if (plan === null) throw new Error('expected something to recover');
  const folder = path.join(path.dirname(file), 'reports');
  const store = new ReportStore(folder);
  const ended = { steps: [], checks: [], sections: [], failure: null, incident: null };
  const began = Date.parse('2026-03-01T03:04:05Z');
  const failed = { ...ended, direction: 'finish', outcome: 'needs-operator' } as const;
  await store.write(recoveryReport('web-1', plan, failed, began));
  expect(await store.ofProcedure(plan.run.procedure)).toMatchObject([{ outcome: 'needs-operator' }]);
  const finished = { ...ended, direction: 'finish', outcome: 'completed' } as const;
  await store.write(recoveryReport('web-1', plan, finished, began + 60_000));
  const { procedure, stamp, workflowId } = plan.run;
  const found = { procedure, stamp, workflowId, outcome: 'completed', startedAt: timeOfStamp(stamp) };
  expect(await store.ofProcedure(procedure)).toMatchObject([found]);
  expect(await store.ofProcedure('restoreBackup')).toEqual([]);
  // Retention asks for what began lately: the backup of the recovered run is what its way back needs.
  expect(await store.since(began)).toMatchObject([{ stamp }, { stamp }]);
});

it('a recovery leaves a report: by whom, its commands, and what is left when FDTS does not serve', async () => {
  const { journal, file } = journalSite();
  journal.takeHold(run, what);
  const plan = planRecovery(journal);
  if (plan === null) throw new Error('expected something to recover');
  const step = { title: 'Move the image tags back', commands: ['docker tag a b'], failed: false };
  const check = { name: 'the app answers', status: 'fail', expected: '2xx', got: '502' } as const;
  const startedAt = Date.parse('2026-03-01T03:04:05Z');
  const report = recoveryReport(
    'web-1',
    plan,
    {
      direction: 'undo',
      outcome: 'needs-operator',
      steps: [{ ...step, startedAt, endedAt: startedAt }],
      checks: [check],
      sections: [],
      failure: null,
      incident: null,
    },
    startedAt,
  );
  const folder = path.join(path.dirname(file), 'reports');
  mkdirSync(folder);
  const written = await new ReportStore(folder).write(report);
  expect(path.basename(path.dirname(written))).toMatch(/^20260301_030405-recover-/);
  const text = readFileSync(written, 'utf8');
  expect(text).toContain('# Recovery of plannedMaintenance on web-1: needs-operator');
  expect(text).toContain('FDTS does not serve: the app answers: got 502, expected 2xx');
  expect(text).toContain('by fdts-ops recover, on the host, without any server');
  expect(text).toContain('docker tag a b');
  expect(text).toContain('sudo fdts-ops recover');
});

it('users who heard of a window hear that a recovery has ended it; nobody hears of one that needs a person, or that no user knew', async () => {
  const { plan, notice, notifier, host, kind } = usersOf(what);
  const recovered = (outcome: 'rolled-back' | 'needs-operator') =>
    tellUsersOfRecovery(host, plan, { outcome, checks: [] });
  await recovered('rolled-back');
  expect(existsSync(notice)).toBe(false);
  const opening = { runId: 'r', kind: 'announcement-opening', subject: 's', text: 't' };
  await notifier.notify({ ...opening, audience: 'users' });
  await recovered('needs-operator');
  expect(kind()).toBe('announcement-opening');
  await recovered('rolled-back');
  expect(kind()).toBe('announcement-end');
});

it('whom a window left shut out hear it from the recovery of another run, once FDTS was seen to serve', async () => {
  const { plan, notifier, host, kind } = usersOf({ ...what, procedure: 'rollbackMaintenance' });
  const late = { runId: 'r', kind: 'announcement-late', subject: 's', text: 't' };
  await notifier.notify({ ...late, audience: 'users' });
  await tellUsersOfRecovery(host, plan, { outcome: 'completed', checks: [] });
  expect(kind()).toBe('announcement-late');
  const serves = { name: 'the app answers', status: 'pass', expected: '2xx', got: '200' } as const;
  await tellUsersOfRecovery(host, plan, { outcome: 'completed', checks: [serves] });
  expect(kind()).toBe('announcement-end');
});

/** A run to recover on a host whose users read a notice file, and what that says last. */
function usersOf(held: typeof what) {
  const { journal, file } = journalSite();
  journal.takeHold(run, held);
  const plan = planRecovery(journal);
  if (plan === null) throw new Error('expected something to recover');
  const folder = path.dirname(file);
  const notice = path.join(folder, 'notice.json');
  const notifier = createNotifier({
    file: path.join(folder, 'notifications.jsonl'),
    channels: [noticeFileChannel('notice file', notice)],
    timeoutMs: 5000,
  });
  const kind = (): string => JSON.parse(readFileSync(notice, 'utf8')).kind;
  return { plan, notice, notifier, host: { name: 'web-1', notifier }, kind };
}
