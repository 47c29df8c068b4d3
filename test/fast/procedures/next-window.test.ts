import { ApplicationFailure } from '@temporalio/activity';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { NextWindow } from '../../../workflows/contracts/window-plan.ts';
import { progressQuery } from '../../../workflows/messages.ts';
import { windowSurvey } from '../../support/fake-host.ts';
import {
  type Behaviour,
  fails,
  gives,
  hangs,
  type Script,
  type ScriptedRun,
  ScriptedRuns,
} from '../../support/scripted-runs.ts';
import { startTemporalWorld, type TemporalWorld } from '../../support/temporal-world.ts';

const runs = new ScriptedRuns();
let world: TemporalWorld;

beforeAll(async () => {
  world = await startTemporalWorld();
  await world.startWorkers({}, runs.onCall);
});
afterAll(() => world.end());

/** A window that opens in so many seconds, and is wide enough. */
const opensIn =
  (seconds: number, length = 7200): Behaviour =>
  async () => {
    const opensAt = Date.now() + seconds * 1000;
    const closesAt = opensAt + length * 1000;
    const says = 'Sun 2026-12-06 02:00 to 04:00 (Europe/Paris)';
    return { answer: { opensAt, closesAt, noticeSeconds: 86_400, says } satisfies NextWindow };
  };

const DAY = 86_400;

const busy: Behaviour = async (_call, nth) => {
  if (nth === 2) throw ApplicationFailure.nonRetryable('it is held by manualBackup (run b)', 'HOST_BUSY');
  return undefined;
};

const changedOnce: Behaviour = async (_call, nth) =>
  nth === 2 ? { answer: { host: [], packages: ['openssl 3 instead of 2'] } } : undefined;

const changedAtOnce: Behaviour = async (_call, nth) =>
  nth === 1 ? { answer: { host: [], packages: ['openssl 3 instead of 2'] } } : undefined;

const changedLater: Behaviour = async (_call, nth) =>
  nth === 2 ? { answer: { host: ['app runs another image'], packages: [] } } : undefined;

const short = (
  windowSeconds: number,
  stepSeconds: Readonly<Record<string, number>>,
  rollbackSeconds: number,
) =>
  gives({ ...windowSurvey, windowSeconds, stepSeconds: { ...ALL_QUICK, ...stepSeconds }, rollbackSeconds });

const start = (script: Script, input: object = {}) =>
  runs.start(world, 'plannedMaintenance', script, { when: 'next-window', ...input });

async function sleeping(run: ScriptedRun): Promise<void> {
  await run.asks('approve-plan');
  expect(await run.says('approve')).toContain('counts');
  await expect
    .poll(async () => stepOf(await run.handle.query(progressQuery), 'wait-for-window')?.status)
    .toBe('waiting');
}

const stepOf = <Step extends { id: string }>({ steps }: { readonly steps: readonly Step[] }, id: string) =>
  steps.find((step) => step.id === id);

const activities = (run: ScriptedRun) => run.calls.map(({ activity }) => activity);
const subjects = (run: ScriptedRun) =>
  run.calls.filter(({ activity }) => activity === 'announce').map(({ input }) => input);

describe.concurrent('a window at the next date', () => {
  it('prepares under the hold, waits without it, and goes on with it when the window opens', async () => {
    const run = await start({ findNextWindow: opensIn(15) });
    await sleeping(run);
    const progress = await run.handle.query(progressQuery);
    expect(stepOf(progress, 'wait-for-window')?.note).toBe(
      'until the window opens: Sun 2026-12-06 02:00 to 04:00 (Europe/Paris)',
    );
    const { status, report } = await run.end();
    expect({ status, outcome: report.outcome }).toEqual({ status: 'COMPLETED', outcome: 'completed' });
    const done = activities(run);
    const order = [
      'reserve',
      'takeHold',
      'prepareImages',
      'stepDown',
      'takeHold',
      'surveyHost',
      'makeBackup',
    ];
    let from = -1;
    for (const activity of order) {
      from = done.indexOf(activity, from + 1);
      expect(from, `${activity} in ${done.join(', ')}`).toBeGreaterThanOrEqual(0);
    }
    // The fence of the first hold is what the host knows the run by when it asks again.
    const holds = run.calls.filter(({ activity }) => activity === 'takeHold');
    expect(holds.map(({ ticket }) => ticket?.fence)).toEqual([0, 1]);
    expect(subjects(run)[0]).toMatchObject({
      audience: 'users',
      subject: 'maintenance on Sun 2026-12-06 02:00 to 04:00 (Europe/Paris)',
    });
  }, 60_000);

  it.each(['abort', 'cancel'])(
    '%s in the sleep: what was prepared goes, users are told, nothing else',
    async (how) => {
      const run = await start({ findNextWindow: opensIn(DAY) });
      await sleeping(run);
      const before = run.calls.length;
      if (how === 'abort') await run.says('abort', { by: 'Ada', reason: 'not this month' });
      else await run.handle.cancel();
      const { status, report } = await run.end();
      expect({ status, outcome: report.outcome }).toEqual({
        status: how === 'abort' ? 'FAILED' : 'CANCELED',
        outcome: 'aborted',
      });
      const after = run.calls.slice(before).map(({ activity }) => activity);
      expect(after).toEqual(['removePreparedImages', 'announce', 'announce', 'finishRun']);
      expect(subjects(run)).toContainEqual(
        expect.objectContaining({ audience: 'users', key: 'announcement-off' }),
      );
      expect(run.calls.at(-1)?.input).toMatchObject({ holdsHost: true });
    },
  );

  it('a person says no at its gate: rejected', async () => {
    const run = await start({ findNextWindow: opensIn(DAY) });
    await run.asks('approve-plan');
    await run.says('abort', { by: 'Ada', reason: 'not this month' });
    expect((await run.end()).report.outcome).toBe('rejected');
    expect(activities(run)).not.toContain('makeBackup');
  });

  it('its gate is open until the work would not fit any more, and then silence is no consent', async () => {
    const run = await start({
      findNextWindow: opensIn(DAY),
      surveyHost: gives({ ...windowSurvey, stepSeconds: ALL_QUICK, rollbackSeconds: 40 }),
    });
    await run.asks('approve-plan');
    const { gate } = await run.handle.query(progressQuery);
    const expected = Date.now() + (DAY + 7200 - 40) * 1000;
    expect(Math.abs((gate?.until ?? 0) - expected)).toBeLessThan(60_000);
    await run.says('abort');
  });

  it('is refused while another run waits for its window, and the other is named', async () => {
    const run = await start({
      findNextWindow: opensIn(DAY),
      'reserve-window': async () => {
        throw ApplicationFailure.nonRetryable(
          'plannedMaintenance (run other) has reserved it',
          'HOST_RESERVED',
        );
      },
    });
    const { type, report } = await run.end();
    expect(type).toBe('refused');
    expect(report.because).toContain('run other');
    expect(activities(run)).not.toContain('announce-start');
    expect(run.calls.at(-1)).toMatchObject({ activity: 'finishRun', input: { holdsHost: true } });
  });

  it('waits for a run that has the host when the window opens', async () => {
    const run = await start({ findNextWindow: opensIn(2), takeHold: busy });
    await run.asks('approve-plan');
    await run.says('approve');
    await expect
      .poll(async () => stepOf(await run.handle.query(progressQuery), 'open-window')?.note, {
        timeout: 20_000,
      })
      .toContain('waits for the host: it is held by manualBackup (run b)');
    expect((await run.end()).report.outcome).toBe('completed');
  }, 60_000);

  it('asks again when the packages on offer changed in the sleep, and takes only the new plan code', async () => {
    const run = await start({ findNextWindow: opensIn(2), comparePlan: changedOnce });
    await run.asks('approve-plan');
    await run.says('approve');
    await expect
      .poll(async () => (await run.handle.query(progressQuery)).gate?.needsPlanCode, { timeout: 20_000 })
      .toBe(true);
    const { gate } = await run.handle.query(progressQuery);
    expect(gate?.question).toContain('openssl 3 instead of 2');
    expect(await run.saysInVain('approve')).toContain('not the plan that waits');
    expect(await run.says('approve', { plan: gate?.planCode ?? '' })).toContain('counts');
    expect((await run.end()).report.outcome).toBe('completed');
  }, 60_000);

  it('prepares changed packages under the hold also when it is approved after the window opened', async () => {
    const opensAt = Date.now() + 1000;
    const run = await start({ findNextWindow: opensIn(1), comparePlan: changedAtOnce });
    await run.asks('approve-plan');
    await expect.poll(() => Date.now() - opensAt, { timeout: 10_000 }).toBeGreaterThan(1000);
    await run.says('approve');
    const asksAgain = async () => (await run.handle.query(progressQuery)).gate;
    await expect.poll(async () => (await asksAgain())?.needsPlanCode, { timeout: 20_000 }).toBe(true);
    const made = activities(run);
    const [down, prepared] = [made.lastIndexOf('stepDown'), made.lastIndexOf('preparePackages')];
    expect(made.indexOf('takeHold', down)).toBeGreaterThan(down);
    expect(made.indexOf('takeHold', down)).toBeLessThan(prepared);
    expect(await run.says('approve', { plan: (await asksAgain())?.planCode ?? '' })).toContain('counts');
    expect((await run.end()).report.outcome).toBe('completed');
  }, 60_000);

  it('ends without a stop when somebody changed the host in the sleep', async () => {
    const run = await start({ findNextWindow: opensIn(2), comparePlan: changedLater });
    await run.asks('approve-plan');
    await run.says('approve');
    const { report } = await run.end();
    expect(report).toMatchObject({
      outcome: 'rolled-back',
      because: expect.stringContaining('app runs another image'),
    });
    expect(activities(run)).not.toContain('stopServices');
    expect(activities(run)).toContain('removePreparedImages');
  }, 60_000);

  it('in a dry run reserves nothing and does not sleep', async () => {
    const run = await start({ findNextWindow: opensIn(DAY) }, { dryRun: true });
    const { report } = await run.end();
    expect(report.outcome).toBe('completed');
    for (const activity of ['reserve', 'takeHold', 'stepDown'])
      expect(activities(run)).not.toContain(activity);
    expect(stepOf(report, 'wait-for-window')).toMatchObject({
      status: 'skipped',
      note: expect.stringContaining('sleeps until Sun 2026-12-06 02:00'),
    });
  });
});

/** Every step takes no time: only the rollback counts. */
const ALL_QUICK = Object.fromEntries(
  [
    'survey-host',
    'prepare-packages',
    'prepare-images',
    'survey-bundle',
    'back-up-to-rehearse',
    'bundle-to-rehearse',
    'stage-rehearsal',
    'rehearse',
    'rehearse-rollback',
    'end-rehearsal',
    'survey-again',
    'confirm-plan',
    'back-up',
    'verify-backup',
    'copy-backup',
    'bundle',
    'bundle-configuration',
    'time-before',
    'block-start',
    'stop-services',
    'settle-database',
    'note-uploads',
    'install-packages',
    'restart-deferred',
    'optimize-database',
    'switch-images',
    'start-app',
    'smoke-test',
    'cut-over',
  ].map((id) => [id, 0]),
);

describe.concurrent('the window guard of a window that opens now', () => {
  it('does not begin what will not fit: nothing is stopped, what was prepared is taken back', async () => {
    const run = await runs.start(world, 'plannedMaintenance', {
      surveyHost: short(300, { 'start-app': 270 }, 40),
    });
    const { type, report } = await run.end();
    expect(type).toBe('refused');
    expect(report.because).toMatch(/the window is too short for ".*": .* take 270 s and a rollback 40 s/);
    expect(activities(run)).not.toContain('prepareImages');
  });

  it('ends a step that takes up the time of the rollback, and takes everything back', async () => {
    const run = await runs.start(world, 'plannedMaintenance', {
      surveyHost: short(60, {}, 30),
      'optimize-database': hangs,
    });
    await run.asks('approve-plan');
    await run.says('approve');
    const { type, report } = await run.end();
    expect(type).toBe('rolled-back');
    expect(report.because).toContain('did not end in the time that it had');
    const undone = run.calls.flatMap(({ ticket }) => (ticket?.undoes === undefined ? [] : [ticket.undoes]));
    expect(undone).toEqual(
      expect.arrayContaining(['optimize-database', 'stop-services', 'block-start', 'prepare-images']),
    );
  }, 60_000);

  it('bounds how long a person may take over a failed step', async () => {
    const run = await runs.start(world, 'plannedMaintenance', {
      surveyHost: short(600, {}, 40),
      'prepare-images': fails(),
    });
    await run.asks('prepare-images');
    const { gate } = await run.handle.query(progressQuery);
    expect((gate?.until ?? 0) - Date.now()).toBeLessThan(560_000);
    await run.says('abort');
  });
});
