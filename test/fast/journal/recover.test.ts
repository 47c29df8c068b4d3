import { describe, expect, it } from 'vitest';
import { acquireHostLock } from '../../../activities/adapters/journal/host-lock.ts';
import type { Journal } from '../../../activities/adapters/journal/journal.ts';
import { OperationError } from '../../../activities/adapters/operation-error.ts';
import type { Mutation } from '../../../activities/execution/mutation.ts';
import { type Direction, planRecovery, type RecoveryPlan } from '../../../workers/plan-recovery.ts';
import { type RecoveringHost, recover } from '../../../workers/recover.ts';
import {
  call,
  type JournalSite,
  journalSite,
  made,
  run,
  ticket,
  undo,
  what,
} from './support/journal-site.ts';

/** A run that made `steps` and was interrupted in the last one. */
function interrupted(journal: Journal, steps: readonly string[]): number {
  const fence = journal.takeHold(run, what);
  for (const step of steps) {
    const asked = ticket(step, fence, { undo: undo(`undo-${step}`) });
    journal.begin(run, asked, call(step));
    if (step !== steps.at(-1)) journal.done(run, asked, made());
  }
  return fence;
}

function recovering({ lockFile }: JournalSite, failAt: string | null = null, serves = true) {
  const done: { activity: string; input: unknown }[] = [];
  const change =
    (activity: string): Mutation<never, unknown> =>
    async ({ effects }, input) => {
      const make = async () => {
        if (activity === failAt) throw new Error('disk full');
        done.push({ activity, input });
      };
      await effects.perform(`do ${activity}`, make, undefined);
    };
  const names = ['undo-one', 'undo-two', 'undo-three', 'openToUsers', 'unblockStart'];
  const mutations = Object.fromEntries(names.map((name) => [name, change(name)]));
  const checkServing = async () => {
    if (!serves) throw new Error('the app answers 502');
    return [];
  };
  const takeLock: RecoveringHost['takeLock'] = (signal, onWait) => acquireHostLock(lockFile, signal, onWait);
  const host: RecoveringHost = { mutations, machineId: '0'.repeat(32), takeLock, checkServing };
  return { done, host };
}

function planOf(journal: Journal, wanted: Direction | null = null): RecoveryPlan {
  const plan = planRecovery(journal, wanted);
  if (plan === null) throw new Error('expected something to recover');
  return plan;
}

const inVain = () => Promise.reject(new Error('a change is still under way'));

const quietly = { signal: new AbortController().signal, onStep: () => undefined, dryRun: false };

it('finds nothing to do on a free host', () => {
  const { journal } = journalSite();
  expect(planRecovery(journal)).toBeNull();
  journal.closeRun(run, 'completed', journal.takeHold(run, what));
  expect(planRecovery(journal)).toBeNull();
});

describe('before the cut-over', () => {
  it('takes everything back, last first, the interrupted step too, and frees the host', async () => {
    const site = journalSite();
    interrupted(site.journal, ['one', 'two', 'three']);
    const { done, host } = recovering(site);
    const recovery = await recover(planOf(site.journal), host, site.journal, quietly);
    expect(recovery).toMatchObject({
      direction: 'undo',
      outcome: 'rolled-back',
      steps: ['three', 'two', 'one'].map((step) => ({
        title: `Take back by undo-${step}`,
        commands: [`do undo-${step}`],
      })),
    });
    expect(done[0]).toEqual({ activity: 'undo-three', input: { for: 'undo-three' } });
    expect(site.journal.openRun()).toBeNull();
    expect(site.journal.findRun(run)).toMatchObject({ state: 'closed', outcome: 'rolled-back' });
  });

  it('stopped in the middle keeps the host, and goes on where it stopped', async () => {
    const site = journalSite();
    interrupted(site.journal, ['one', 'two', 'three']);
    const broken = recovering(site, 'undo-two');
    expect(await recover(planOf(site.journal), broken.host, site.journal, quietly)).toMatchObject({
      outcome: 'needs-operator',
      failure: '"Take back by undo-two" failed: disk full',
    });
    expect(broken.done.map(({ activity }) => activity)).toEqual(['undo-three']);
    expect(site.journal.openRun()).not.toBeNull();
    const mended = recovering(site);
    await recover(planOf(site.journal), mended.host, site.journal, quietly);
    expect(mended.done.map(({ activity }) => activity)).toEqual(['undo-two', 'undo-one']);
    expect(planRecovery(site.journal)).toBeNull();
  });

  it('goes on where the rollback of a run stopped that needs an operator', async () => {
    const site = journalSite();
    const fence = interrupted(site.journal, ['one', 'two']);
    const undone = ticket('undo:two', fence, { undoes: 'two' });
    site.journal.begin(run, undone, call('undo-two'));
    site.journal.done(run, undone, made());
    site.journal.closeRun(run, 'needs-operator', fence);
    const { done, host } = recovering(site);
    await recover(planOf(site.journal), host, site.journal, quietly);
    expect(done.map(({ activity }) => activity)).toEqual(['undo-one']);
  });

  it('waits for the change that the run is in the middle of, and takes that back too', async () => {
    const site = journalSite();
    const fence = interrupted(site.journal, ['one', 'two']);
    const { done, host } = recovering(site);
    const plan = planOf(site.journal);
    const changing = await acquireHostLock(site.lockFile, quietly.signal);
    // The run begins one more change after the plan was made: it must be taken back too.
    site.journal.begin(run, ticket('three', fence, { undo: undo('undo-three') }), call('three'));
    const said: string[] = [];
    const onStep = (title: string) => void said.push(title);
    const recovered = recover(plan, host, site.journal, { ...quietly, onStep });
    expect(said).toEqual(['Wait for a change that is still being made']);
    expect(done).toEqual([]);
    changing.release();
    await recovered;
    expect(activities(done)).toEqual(['undo-three', 'undo-two', 'undo-one']);
  });

  it('fences the run off before its first call', async () => {
    const site = journalSite();
    const fence = interrupted(site.journal, ['one']);
    const { host } = recovering(site);
    const late: string[] = [];
    const onStep = () => {
      try {
        site.journal.begin(run, ticket('two', fence), call('two'));
        late.push('begun');
      } catch (error) {
        late.push(error instanceof OperationError ? error.code : String(error));
      }
    };
    await recover(planOf(site.journal), host, site.journal, { ...quietly, onStep });
    expect(late).toEqual(['FENCED_OFF']);
  });

  it('that gives up the wait has changed nothing: the run keeps its host and its fence', async () => {
    const site = journalSite();
    const fence = interrupted(site.journal, ['one']);
    const { done, host } = recovering(site);
    const given = recover(planOf(site.journal), { ...host, takeLock: inVain }, site.journal, quietly);
    await expect(given).rejects.toThrow('a change is still under way');
    expect(site.journal.openRun()).toMatchObject({ state: 'open', fence });
    expect(done).toEqual([]);
  });

  it('refuses a journal of a version that had other changes, and touches nothing', async () => {
    const site = journalSite();
    interrupted(site.journal, ['unheard-of']);
    const { host } = recovering(site);
    expect(await recover(planOf(site.journal), host, site.journal, quietly)).toMatchObject({
      outcome: 'needs-operator',
      failure: expect.stringMatching(/names the activity "undo-unheard-of".*use the version that wrote it/),
    });
    expect(site.journal.openRun()).not.toBeNull();
  });
});

/** A run whose cut-over began; \`going\` back means that its undo began as well. */
function cutOver(site: JournalSite, going: 'forward' | 'back'): number {
  const fence = interrupted(site.journal, ['one', 'two']);
  const finish = [undo('openToUsers'), undo('unblockStart')];
  const asked = ticket('cut-over', fence, { undo: undo('undo-three'), finish });
  site.journal.begin(run, asked, call('openToUsers'));
  if (going === 'back') {
    site.journal.done(run, asked, made());
    const undoing = ticket('undo:cut-over', fence, { undoes: 'cut-over' });
    site.journal.begin(run, undoing, call('undo-three'));
  }
  return fence;
}
const activities = (done: readonly { activity: string }[]) => done.map(({ activity }) => activity);

describe('after the cut-over', () => {
  it('finishes instead: users are let in, and no undo is made', async () => {
    const site = journalSite();
    cutOver(site, 'forward');
    const { done, host } = recovering(site);
    const recovery = await recover(planOf(site.journal), host, site.journal, quietly);
    expect(recovery.direction).toBe('finish');
    expect(activities(done)).toEqual(['openToUsers', 'unblockStart']);
    expect(site.journal.findRun(run)).toMatchObject({ state: 'closed', outcome: 'completed' });
  });

  it.each(['begun', 'failed', 'needs-operator'])(
    'goes on with the way back when that had %s: the old images, not the undos before it',
    async (how) => {
      const site = journalSite();
      const fence = cutOver(site, 'back');
      if (how !== 'begun') site.journal.failed(run, ticket('undo:cut-over', fence), 'no space left');
      if (how === 'needs-operator') site.journal.closeRun(run, how, fence);
      const { done, host } = recovering(site);
      const recovery = await recover(planOf(site.journal), host, site.journal, quietly);
      expect(recovery).toMatchObject({ direction: 'undo', outcome: 'rolled-back' });
      expect(activities(done)).toEqual(['undo-three']);
    },
  );

  it('has nothing left to do once it was taken back, and never lets the new version in again', async () => {
    const site = journalSite();
    const fence = cutOver(site, 'back');
    site.journal.done(run, ticket('undo:cut-over', fence, { undoes: 'cut-over' }), made());
    const { done, host } = recovering(site);
    expect(await recover(planOf(site.journal), host, site.journal, quietly)).toMatchObject({
      direction: 'undo',
      outcome: 'rolled-back',
    });
    expect(done).toEqual([]);
  });

  it('a person may turn round either way, and a second recovery goes on that way', async () => {
    const forward = journalSite();
    cutOver(forward, 'forward');
    const back = recovering(forward, 'undo-three');
    await recover(planOf(forward.journal, 'undo'), back.host, forward.journal, {
      ...quietly,
      wanted: 'undo',
    });
    expect(planOf(forward.journal).direction).toBe('undo');

    const backward = journalSite();
    cutOver(backward, 'back');
    const finish = recovering(backward, 'unblockStart');
    const options = { ...quietly, wanted: 'finish' } as const;
    await recover(planOf(backward.journal, 'finish'), finish.host, backward.journal, options);
    expect(activities(finish.done)).toEqual(['openToUsers']);
    expect(planOf(backward.journal).direction).toBe('finish');
  });
});

it('to finish a run that did not reach the cut-over is refused', () => {
  const { journal } = journalSite();
  interrupted(journal, ['one']);
  expect(() => planRecovery(journal, 'finish')).toThrow(/--finish: .*did not reach the cut-over/);
});

it('an FDTS that does not serve keeps the host quarantined, until it serves', async () => {
  const site = journalSite();
  interrupted(site.journal, ['one']);
  const down = recovering(site, null, false);
  const ended: string[] = [];
  const onEnd = async ({ outcome }: { outcome: string }) => {
    ended.push(`${outcome}, ${site.journal.openRun()?.state}`);
  };
  const recovery = await recover(planOf(site.journal), down.host, site.journal, { ...quietly, onEnd });
  expect(recovery).toMatchObject({ outcome: 'needs-operator', checks: [{ got: 'the app answers 502' }] });
  expect(site.journal.openRun()).toMatchObject({ state: 'needs-operator' });
  const up = recovering(site);
  await recover(planOf(site.journal), up.host, site.journal, { ...quietly, onEnd });
  expect(up.done).toEqual([]);
  expect(ended).toEqual(['needs-operator, open', 'rolled-back, open']);
  expect(site.journal.openRun()).toBeNull();
});

it('a run that ended by itself since it was planned is left alone', async () => {
  const site = journalSite();
  const fence = interrupted(site.journal, ['one']);
  const plan = planOf(site.journal);
  site.journal.closeRun(run, 'completed', fence);
  const { done, host } = recovering(site);
  await expect(recover(plan, host, site.journal, quietly)).rejects.toThrow('ended meanwhile as completed');
  expect(done).toEqual([]);
});

it('a dry run says the commands, makes none, and leaves the run its fence', async () => {
  const site = journalSite();
  const fence = interrupted(site.journal, ['one', 'two']);
  const { done, host } = recovering(site);
  const dry = await recover(planOf(site.journal), host, site.journal, { ...quietly, dryRun: true });
  expect(dry.steps.flatMap(({ commands }) => commands)).toEqual(['do undo-two', 'do undo-one']);
  expect(done).toEqual([]);
  expect(site.journal.openRun()).toMatchObject({ fence, state: 'open' });
});
