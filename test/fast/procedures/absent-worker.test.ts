import { ApplicationFailure } from '@temporalio/activity';
import { Worker } from '@temporalio/worker';
import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest';
import { absenceReads } from '../../../activities/watch/absent-worker.ts';
import { isRecord } from '../../../config/is-record.ts';
import { waitUntil } from '../../../setup/wait-until.ts';
import { waitOfCall } from '../../../workers/wait-of-call.ts';
import type { WaitingCall } from '../../../workflows/contracts/absence.ts';
import { fdtsWaiting } from '../../../workflows/contracts/search-attributes.ts';
import { STEP_PROGRESS_SIGNAL } from '../../../workflows/contracts/step-progress.ts';
import { progressQuery } from '../../../workflows/messages.ts';
import {
  type Behaviour,
  fails,
  gives,
  holdsUntil,
  latch,
  type Script,
  type ScriptedRun,
  ScriptedRuns,
} from '../../support/scripted-runs.ts';
import { startTemporalWorld, type TemporalWorld } from '../../support/temporal-world.ts';
import { bundleWorkflows } from '../../support/workflow-bundle.ts';

const runs = new ScriptedRuns();
let world: TemporalWorld;
let isHostThere = true;

beforeAll(async () => {
  world = await startTemporalWorld();
  await world.startWorkers({}, runs.onCall);
});
beforeEach(async () => {
  if (!isHostThere) await comesBack();
});
afterAll(() => world.end());

/** People are told after so many seconds instead of a minute. */
const toldAfter = (workerAwaySeconds: number): Behaviour =>
  gives({ name: 'web-1', taskQueue: 'fdts-host-web-1', publicUrl: null, workerAwaySeconds });

/** A busy machine may leave a call lying for a second or two. */
const PATIENTLY = toldAfter(6);

/** As the real control worker sees it, on this server. */
const seeWait: Behaviour = async ({ input }) => {
  const { seeWait: see } = absenceReads((call) => waitOfCall(world.env.client, call));
  const context = { stamp: '', signal: AbortSignal.timeout(5000), progress: () => undefined };
  if (!isWaitingCall(input)) throw new Error(`no call: ${JSON.stringify(input)}`);
  return { answer: await see(context, input) };
};

function isWaitingCall(input: unknown): input is WaitingCall & { seconds: number } {
  return isRecord(input) && typeof input['workflowId'] === 'string' && typeof input['seconds'] === 'number';
}

async function leaves(): Promise<void> {
  isHostThere = false;
  await world.hostLeaves();
}

async function comesBack(): Promise<void> {
  await world.hostComesBack();
  isHostThere = true;
}

async function approvedWindow(script: Script): Promise<ScriptedRun> {
  const run = await runs.start(world, 'plannedMaintenance', {
    resolveHost: toldAfter(2),
    seeWait,
    ...script,
  });
  await run.asks('approve-plan');
  await run.says('approve', { by: 'Ada' });
  return run;
}

/** A step whose attempt fails as the worker goes down: the next attempt meets no worker. */
function cutOff(): Behaviour {
  return async (_call, nth) => {
    if (nth > 1) return undefined;
    void leaves();
    throw ApplicationFailure.retryable('the worker went down', 'ATTEMPT_ENDED');
  };
}

async function shown({ handle }: ScriptedRun) {
  const { absence } = await handle.query(progressQuery);
  const { typedSearchAttributes } = await handle.describe();
  return { absence: absence?.host ?? null, waiting: typedSearchAttributes.get(fdtsWaiting) };
}

const told = ({ calls }: ScriptedRun) => calls.filter(({ activity }) => activity === 'announceAbsence');
const looks = ({ calls }: ScriptedRun) => calls.filter(({ activity }) => activity === 'seeWait');

async function isNoticed(run: ScriptedRun): Promise<void> {
  await run.reached('tell:absence');
  expect(await shown(run)).toEqual({ absence: 'web-1', waiting: true });
}

/** As a control worker does that was started anew in the middle. */
async function canBeReplayed({ handle }: ScriptedRun): Promise<void> {
  await Worker.runReplayHistory({ workflowBundle: await bundleWorkflows() }, await handle.fetchHistory());
}

async function hears(run: ScriptedRun, count: number): Promise<void> {
  expect(await waitUntil(async () => looks(run).length >= count, { timeoutMs: 20_000, everyMs: 50 })).toBe(
    true,
  );
}

it('a step that waits for an absent worker is told once, shown, and goes on when the worker is back', async () => {
  const goesOn = latch();
  const run = await approvedWindow({
    'stop-services': cutOff(),
    'settle-database': holdsUntil(goesOn.promise),
  });
  await isNoticed(run);
  await hears(run, looks(run).length + 1);
  expect(await shown(run)).toEqual({ absence: 'web-1', waiting: true });
  expect(told(run).map(({ input }) => input)).toEqual([
    expect.objectContaining({
      subject: expect.stringContaining('its worker is away in the middle of a run'),
      text: expect.stringMatching(
        /waits for the worker of web-1 since \d{4}-\d\d-\d\d \d\d:\d\d UTC: .*Users have been shut out.*systemctl status fdts-ops-host/,
      ),
    }),
  ]);
  await comesBack();
  await run.reached('settle-database');
  expect(await shown(run)).toEqual({ absence: null, waiting: false });
  goesOn.release();
  const { report } = await run.end();
  expect(report.outcome).toBe('completed');
  expect(report.sections).toContainEqual({
    title: 'Waited for the worker',
    lines: [expect.stringMatching(/^the worker of web-1 was away from .* UTC: the run waited$/)],
  });
  expect(told(run)).toHaveLength(1);
  await canBeReplayed(run);
});

it('an undo that waits is told too, in the scope that nothing cancels', async () => {
  const run = await approvedWindow({
    'optimize-database': fails(),
    'undo:optimize-database': cutOff(),
  });
  await isNoticed(run);
  await run.handle.cancel();
  await comesBack();
  const { report } = await run.end();
  expect(report.outcome).toBe('rolled-back');
  expect(told(run)).toHaveLength(1);
  await canBeReplayed(run);
});

it('an abort of a run that waits counts, and its way back goes on when the worker is back', async () => {
  const run = await approvedWindow({ 'stop-services': cutOff() });
  await isNoticed(run);
  await run.says('abort', { by: 'Ada', reason: 'wrong night' });
  await comesBack();
  const { type, report } = await run.end();
  await canBeReplayed(run);
  expect({ type, status: report.steps.find(({ id }) => id === 'stop-services')?.status }).toEqual({
    type: 'aborted',
    status: 'undone',
  });
});

it('nobody is told of a call that only takes long', async () => {
  const goesOn = latch();
  const run = await approvedWindow({
    resolveHost: PATIENTLY,
    'optimize-database': holdsUntil(goesOn.promise),
  });
  await hears(run, 1);
  expect(await shown(run)).toEqual({ absence: null, waiting: false });
  goesOn.release();
  expect((await run.end()).report.outcome).toBe('completed');
  expect(told(run)).toEqual([]);
});

it('nobody is told of a call that is tried again and again', async () => {
  const run = await approvedWindow({
    resolveHost: PATIENTLY,
    'stop-services': async (_call, nth) => {
      if (nth <= 3) throw ApplicationFailure.retryable('made to fail', 'BROKEN');
      return undefined;
    },
  });
  // Its attempts are 1, 2 and 4 seconds apart: it is seen while it waits for the last one.
  await hears(run, 1);
  expect((await run.end()).report.outcome).toBe('completed');
  expect(told(run)).toEqual([]);
});

it.each(['seeWait', 'tell:absence'])('a %s that fails is no reason to fail', async (broken) => {
  const run = await approvedWindow({ 'stop-services': cutOff(), [broken]: fails() });
  await run.reached(broken);
  await comesBack();
  expect((await run.end()).report.outcome).toBe('completed');
});

it('a worker that speaks is back, however long its step still takes', async () => {
  const goesOn = latch();
  const run = await approvedWindow({
    'stop-services': async (call, nth) =>
      nth === 1 ? cutOff()(call, nth) : holdsUntil(goesOn.promise)(call, nth),
  });
  await isNoticed(run);
  await comesBack();
  await run.handle.signal(STEP_PROGRESS_SIGNAL, { step: 'stop-services', text: '1 of 3' });
  expect(await shown(run)).toEqual({ absence: null, waiting: false });
  goesOn.release();
  expect((await run.end()).report.outcome).toBe('completed');
});
