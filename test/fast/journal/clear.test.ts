import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { expect, it } from 'vitest';
import { clearHost, clearQuarantine, stillShutOut, tellCleared } from '../../../workers/clear-command.ts';
import { usersShutOutSince } from '../../../workers/users-shut-out.ts';
import { containedIncident } from './support/contained-incident.ts';
import { call, journalSite, made, run, ticket, what } from './support/journal-site.ts';

it('is not cleared while a run is open: it is told how to stop it, and nothing changes', () => {
  const { journal } = journalSite();
  const fence = journal.takeHold(run, what);
  journal.begin(run, ticket('stop', fence), call('stopServices'));
  expect(() => clearQuarantine(journal, 'looked fine', false)).toThrow(
    expect.objectContaining({
      code: 'RUN_UNDER_WAY',
      exitCode: 2,
      message: expect.stringMatching(
        /^not cleared: plannedMaintenance \(run window\) is under way since .+, last change "Do stop"$/,
      ),
      hint: 'Stop it: fdts-ops abort window. If its run is gone (terminated, server lost): sudo fdts-ops recover',
    }),
  );
  expect(journal.openRun()).toMatchObject({ state: 'open', fence });
  journal.done(run, ticket('stop', fence), made());
});

it('is cleared of an open run by force, and the run is fenced off', () => {
  const { journal } = journalSite();
  const fence = journal.takeHold(run, what);
  expect(clearQuarantine(journal, 'mended by hand', true)).toMatchObject({
    cleared: [{ workflowId: 'window' }],
  });
  expect(journal.openRun()).toBeNull();
  expect(() => journal.begin(run, ticket('stop', fence), call('stopServices'))).toThrow(
    expect.objectContaining({ code: 'FENCED_OFF' }),
  );
});

const told = (cleared: ReturnType<typeof clearQuarantine>, isolation: string) => {
  const since = usersShutOutSince(isolation);
  return [...tellCleared(cleared, null, since), ...stillShutOut(since)].join('\n');
};

it('of a security incident says that users stay shut out, and how they come in; the next clear says it again', () => {
  const { journal, isolation } = containedIncident();
  const first = told(clearQuarantine(journal, 'cleaned', false), isolation);
  expect(first).toContain('Cleared: the incident of securityIncident (run window)');
  expect(first).not.toContain('free');
  const again = told(clearQuarantine(journal, 'cleaned', false), isolation);
  expect(again).toContain('Nothing to clear');
  for (const text of [first, again])
    expect(text).toMatch(
      /shut out since 2026-03-01T09:00:01Z .*\. Once they may come in: sudo \/usr\/lib\/fdts-ops\/isolation off$/,
    );
});

it('of a host that lets users in says that it is free', () => {
  const { journal, file } = journalSite();
  journal.closeRun(run, 'needs-operator', journal.takeHold(run, what));
  expect(told(clearQuarantine(journal, 'mended', false), `${file}-isolation`)).toBe(
    'Cleared: plannedMaintenance (run window). The host is free again.',
  );
});

it('files the record of the incident, unless a run is open', async () => {
  const { journal, file } = journalSite();
  const folder = path.dirname(file);
  const record = path.join(folder, 'incident.json');
  writeFileSync(record, JSON.stringify({ id: '20260301_020000', provenAt: '2026-03-01T02:07:00Z' }));
  const fence = journal.takeHold(run, what);
  await expect(clearHost(journal, folder, 'cleaned', false)).rejects.toMatchObject({ code: 'RUN_UNDER_WAY' });
  expect(existsSync(record)).toBe(true);
  journal.closeRun(run, 'completed', fence);
  await clearHost(journal, folder, 'cleaned', false);
  expect(existsSync(record)).toBe(false);
  expect(readFileSync(path.join(folder, 'incidents/20260301_020000.json'), 'utf8')).toContain('provenAt');
});
