import { describe, expect, it } from 'vitest';
import { acquireHostLock } from '../../../activities/adapters/journal/host-lock.ts';
import { Journal } from '../../../activities/adapters/journal/journal.ts';
import { beforeHold } from '../../../activities/execution/before-hold.ts';
import { holdWhenFree } from '../../../activities/execution/emergency-hold.ts';
import type { Mutation } from '../../../activities/execution/mutation.ts';
import { clearQuarantine } from '../../../workers/clear-command.ts';
import { holdFindings } from '../../../workers/hold-findings.ts';
import { planRecovery } from '../../../workers/plan-recovery.ts';
import { recover } from '../../../workers/recover.ts';
import { whyItEnded } from '../../../workers/recovery-report.ts';
import { call, journalSite, made, run, ticket, undo } from './support/journal-site.ts';

const corruption = { procedure: 'databaseCorruption', stamp: '20260301_020000' };
const routine = { procedure: 'plannedMaintenance', stamp: '20260301_030000' };
const other = { workflowId: 'other', runId: 'second' };
const contains = {
  procedure: 'databaseCorruption',
  safeState: 'stopped',
  keep: undo('keep'),
  left: ['start databaseCorruption again and answer its gate'],
};

/** A run that stopped FDTS, found it corrupt, and reached its safe state. */
function containedRun(journal: Journal): number {
  const fence = journal.takeHold(run, corruption);
  const stop = ticket('stop', fence, { undo: undo('start') });
  journal.begin(run, stop, call('stop'));
  journal.done(run, stop, made());
  const stay = ticket('stay', fence, { undo: contains.keep, contains });
  journal.begin(run, stay, call('keep'));
  journal.done(run, stay, made());
  return fence;
}

const signal = new AbortController().signal;

function recoverable(lockFile: string) {
  const done: string[] = [];
  const change =
    (activity: string): Mutation<never, unknown> =>
    async () =>
      void done.push(activity);
  const names = ['keep', 'start', 'unmend', 'openToUsers'];
  const mutations = Object.fromEntries(names.map((name) => [name, change(name)]));
  const checkServing = async () => {
    done.push('checkServing');
    return [];
  };
  const takeLock = (until: AbortSignal, onWait: () => void) => acquireHostLock(lockFile, until, onWait);
  return { done, host: { mutations, machineId: '0'.repeat(32), takeLock, checkServing } };
}

async function recovered(site: ReturnType<typeof journalSite>) {
  const { done, host } = recoverable(site.lockFile);
  const plan = planRecovery(site.journal);
  if (plan === null) throw new Error('expected something to recover');
  const made = await recover(plan, host, site.journal, { signal, dryRun: false, onStep: () => undefined });
  return { done, made };
}

describe('a host that was left contained', () => {
  it('refuses every other procedure, with the incident, its run, since when and what to do, also after a restart', () => {
    const { journal, file } = journalSite();
    journal.closeRun(run, 'contained', containedRun(journal));
    const restarted = new Journal(file);
    const since = restarted.openIncidents()[0]?.since ?? '';
    expect(() => restarted.takeHold(other, routine)).toThrow(
      expect.objectContaining({
        code: 'INCIDENT_OPEN',
        retryable: false,
        message: expect.stringContaining(
          `an incident is open: databaseCorruption (run window) has left the host stopped since ${since}`,
        ),
        hint: expect.stringMatching(/answer its gate.*takes the incident over.*fdts-ops clear --reason/),
      }),
    );
    expect(restarted.openRun()).toBeNull();
    restarted.close();
  });

  it('gives itself to a follow-up run, which closes the incident only by a cut-over', () => {
    const { journal } = journalSite();
    journal.closeRun(run, 'contained', containedRun(journal));
    const since = journal.openIncidents()[0]?.since;
    const again = { workflowId: 'again', runId: 'third' };
    const first = journal.takeHold(other, corruption);
    expect(journal.incidentOf(other)).toMatchObject({ since, workflowId: 'other', safeState: 'stopped' });
    journal.closeRun(other, 'contained', first);
    const fence = journal.takeHold(again, corruption);
    const cutOver = ticket('cut-over', fence, { finish: [undo('openToUsers')] });
    journal.begin(again, cutOver, call('openToUsers'));
    expect(journal.incidentOf(again)).toBeNull();
    expect(journal.openIncidents()).toHaveLength(1);
    journal.closeRun(again, 'completed', fence);
    expect(journal.openIncidents()).toEqual([]);
    expect(journal.takeHold({ workflowId: 'window-2', runId: 'r' }, routine)).toBeGreaterThan(fence);
  });

  it('stays an incident whatever else a follow-up run ends as', () => {
    const { journal } = journalSite();
    journal.closeRun(run, 'contained', containedRun(journal));
    journal.closeRun(other, 'refused', journal.takeHold(other, corruption));
    expect(journal.openIncidents()).toHaveLength(1);
  });

  it('is freed by a person who clears it with a reason', () => {
    const { journal } = journalSite();
    journal.closeRun(run, 'contained', containedRun(journal));
    expect(holdFindings(journal, 'fdts.service')).toMatchObject([
      { name: 'open incident', status: 'missing', found: expect.stringContaining('stopped since') },
    ]);
    expect(clearQuarantine(journal, 'mended by hand', false)).toMatchObject({
      cleared: [],
      incidents: [{ procedure: 'databaseCorruption', workflowId: 'window' }],
    });
    expect(journal.takeHold(other, routine)).toBeGreaterThan(0);
  });
});

describe('recover of a run that was lost in its safe state', () => {
  it('makes sure of that state, takes nothing back from before it, and the incident stays open', async () => {
    const site = journalSite();
    containedRun(site.journal);
    const { done, made: recovery } = await recovered(site);
    expect(done).toEqual(['keep']);
    expect(recovery).toMatchObject({ outcome: 'contained', incident: { left: contains.left } });
    expect(whyItEnded(recovery)).toBe(
      'the host stays stopped, and the incident of databaseCorruption stays open',
    );
    expect(site.journal.openRun()).toBeNull();
    expect(site.journal.openIncidents()).toHaveLength(1);
  });

  it('takes back what came after an approval, into that state', async () => {
    const site = journalSite();
    const fence = containedRun(site.journal);
    site.journal.begin(run, ticket('mend', fence, { undo: undo('unmend') }), call('mend'));
    expect((await recovered(site)).done).toEqual(['unmend', 'keep']);
  });

  it('finishes a cut-over that was approved, looks whether FDTS serves, and the incident is over', async () => {
    const site = journalSite();
    const fence = containedRun(site.journal);
    const cutOver = ticket('cut-over', fence, { finish: [undo('openToUsers')] });
    site.journal.begin(run, cutOver, call('openToUsers'));
    const { done, made: recovery } = await recovered(site);
    expect(done).toEqual(['openToUsers', 'checkServing']);
    expect(recovery.outcome).toBe('completed');
    expect(site.journal.openIncidents()).toEqual([]);
  });
});

describe('an emergency', () => {
  const security = { ...contains, procedure: 'securityIncident', safeState: 'isolated' };
  const isolate = ticket('isolate', 0, { undo: security.keep, contains: security });

  it('isolates while a routine run changes the host, and its incident is on record first', async () => {
    const { journal, lockFile } = journalSite();
    journal.takeHold(run, routine);
    const changing = await acquireHostLock(lockFile, signal);
    const seen = await beforeHold({ journal, lockFile }, other, isolate, signal, async () =>
      journal.openIncidents(),
    );
    changing.release();
    expect(seen).toMatchObject([{ procedure: 'securityIncident', workflowId: 'other' }]);
    expect(journal.openRun()).toMatchObject({ workflowId: 'window' });
  });

  it('gets the hold when the routine run has ended, and nobody else comes in between', async () => {
    const { journal, lockFile } = journalSite();
    const fence = journal.takeHold(run, routine);
    await beforeHold({ journal, lockFile }, other, isolate, signal, async () => undefined);
    const asked = { procedure: 'securityIncident', waitSeconds: 0 };
    expect(await holdWhenFree(journal, other, isolate, asked, signal)).toMatchObject({
      fence: null,
      holder: { procedure: 'plannedMaintenance', workflowId: 'window', state: 'open' },
    });
    const waiting = holdWhenFree(journal, other, isolate, { ...asked, waitSeconds: 60 }, signal);
    journal.closeRun(run, 'aborted', fence);
    expect(() => journal.takeHold({ workflowId: 'window-2', runId: 'r' }, routine)).toThrow(
      expect.objectContaining({ code: 'INCIDENT_OPEN' }),
    );
    expect(await waiting).toMatchObject({ holder: null, incident: { procedure: 'securityIncident' } });
    expect(journal.openRun()).toMatchObject({ procedure: 'securityIncident' });
  });

  it('waits for no quarantined host', async () => {
    const { journal } = journalSite();
    journal.closeRun(run, 'needs-operator', journal.takeHold(run, routine));
    const asked = { procedure: 'securityIncident', waitSeconds: 60 };
    expect(await holdWhenFree(journal, other, isolate, asked, signal)).toMatchObject({
      holder: { state: 'needs-operator' },
    });
  });

  it('is not kept out by the incident of another procedure, and neither ends the other', async () => {
    const { journal } = journalSite();
    journal.closeRun(run, 'contained', containedRun(journal));
    const asked = { procedure: 'securityIncident', waitSeconds: 0 };
    const { fence } = await holdWhenFree(journal, other, isolate, asked, signal);
    const held = ticket('isolate', fence ?? 0, { undo: security.keep, contains: security });
    journal.begin(other, held, call('isolate'));
    const open = ticket('reopen', fence ?? 0, { finish: [] });
    journal.begin(other, open, call('openToUsers'));
    journal.closeRun(other, 'completed', fence ?? 0);
    expect(journal.openIncidents()).toMatchObject([{ procedure: 'databaseCorruption' }]);
  });
});
