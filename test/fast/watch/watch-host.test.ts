import { ApplicationFailure } from '@temporalio/activity';
import { WorkflowFailedError, type WorkflowHandle } from '@temporalio/client';
import { ApplicationFailure as Failure } from '@temporalio/common';
import { Worker, type WorkflowBundle } from '@temporalio/worker';
import { afterAll, afterEach, beforeAll, beforeEach, expect, it } from 'vitest';
import { endReads } from '../../../activities/execution/ends-of-runs.ts';
import { isReport } from '../../../client/server/is-report.ts';
import { controlSchema } from '../../../config/control-schema.ts';
import { isRecord } from '../../../config/is-record.ts';
import { waitUntil } from '../../../setup/wait-until.ts';
import { endOfRun } from '../../../workers/end-of-run.ts';
import { progressOfRun } from '../../../workers/progress-of-run.ts';
import { passAlert, watchHosts } from '../../../workers/watch-hosts.ts';
import type { Holder } from '../../../workflows/contracts/containment.ts';
import type { OperatorMessage } from '../../../workflows/contracts/operator-message.ts';
import { fdtsWaiting } from '../../../workflows/contracts/search-attributes.ts';
import { CONTROL_TASK_QUEUE } from '../../../workflows/contracts/task-queues.ts';
import type { Unmeasured, WatchLook, WatchSignal, WatchState } from '../../../workflows/contracts/watch.ts';
import { progressQuery, watchClearSignal, watchQuery } from '../../../workflows/messages.ts';
import type { FakeCall } from '../../support/fake-host.ts';
import { holdsUntil, latch } from '../../support/scripted-runs.ts';
import { startTemporalWorld, type TemporalWorld } from '../../support/temporal-world.ts';
import { bundleWorkflows } from '../../support/workflow-bundle.ts';
import { cli } from '../client/cli.ts';

/** A watch makes many small steps, which take their time on a busy machine. */
const PATIENTLY = { timeout: 120_000 };

type Behaviour = (call: FakeCall) => unknown;

let world: TemporalWorld;
let workflowBundle: WorkflowBundle;
/** The procedures that are asked for now. One that completes has mended what asks for it. */
let wrong: readonly string[] = [];
/** What is wrong stays so, whatever completes. */
let lasts = false;
/** The run that has the made-up host now. */
let holder: Holder | null = null;
/** What cannot be measured on it now. */
let unmeasured: readonly Unmeasured[] = [];
/** What the made-up host does otherwise than usual. */
let otherwise: Readonly<Record<string, Behaviour>> = {};
const told: OperatorMessage[] = [];
let looks = 0;

beforeAll(async () => {
  world = await startTemporalWorld();
  await world.startWorkers({ lookAtHost: {} }, onCall);
  workflowBundle = await bundleWorkflows();
});
afterAll(() => world.end());
beforeEach(() => {
  wrong = [];
  lasts = false;
  holder = null;
  unmeasured = [];
  otherwise = {};
  told.length = 0;
});
afterEach(async () => {
  await watchOf()
    .terminate()
    .catch(() => 'it has ended');
});

const fails = { name: 'made up', status: 'fail', expected: 'ok', got: 'broken' } as const;
const gives = (answer: unknown) => () => answer;
const broken: Behaviour = () => {
  throw ApplicationFailure.nonRetryable('made to fail', 'BROKEN');
};
const refuses: Behaviour = () => {
  throw ApplicationFailure.nonRetryable('a freeze is on', 'FREEZE');
};

const signalFor = (answer: string): WatchSignal => ({
  name: `signal for ${answer}`,
  wrongSeconds: wrong.includes(answer) ? 5 : 0,
  mustLastSeconds: 5,
  got: 'wrong',
  expected: 'in order',
  answer,
});

async function onCall(call: FakeCall): Promise<{ readonly answer: unknown } | undefined> {
  const { activity, input } = call;
  const other = otherwise[activity];
  if (activity === 'lookAtHost') looks += 1;
  if (activity === 'tellOperators' && isMessage(input)) told.push(input);
  if (activity === 'finishRun' && !lasts) wrong = wrong.filter((answer) => answer !== mendedBy(input));
  if (other !== undefined) return { answer: await other(call) };
  if (activity === 'readEnd')
    return { answer: await endOfRun(world.env.client, textIn(input, 'workflowId')) };
  if (activity === 'readHolder') return { answer: await readHolder(input) };
  if (activity !== 'lookAtHost') return undefined;
  const look: WatchLook = {
    seconds: 5,
    muted: holder === null ? null : `${holder.procedure} has the host`,
    holder,
    signals: ['applicationDown', 'highErrorRate', 'highMemory', 'dailyHealthCheck'].map(signalFor),
    unmeasured,
  };
  return { answer: look };
}

/** As the real control worker sees it, on this server. */
async function readHolder(input: unknown) {
  const { client } = world.env;
  const reads = endReads(
    (workflowId) => endOfRun(client, workflowId),
    (run) => progressOfRun(client, run),
  );
  const context = { stamp: '', signal: AbortSignal.timeout(5000), progress: () => undefined };
  return reads.readHolder(context, {
    workflowId: textIn(input, 'workflowId'),
    runId: textIn(input, 'runId'),
  });
}

/** The procedure whose run ends as completed with this report. */
function mendedBy(input: unknown): string | null {
  const report = isRecord(input) ? input['report'] : null;
  return isReport(report) && report.outcome === 'completed' ? report.procedure : null;
}

function textIn(input: unknown, name: string): string {
  return isRecord(input) ? String(input[name]) : '';
}

function isMessage(input: unknown): input is OperatorMessage {
  return isRecord(input) && typeof input['kind'] === 'string';
}

const control = (enabled: boolean) =>
  controlSchema.parse({
    hosts: [{ name: 'web-1', timezone: 'Europe/Paris', watch: { enabled, every: '5s', mostAnswers: 3 } }],
  });
const watchOf = () => world.env.client.workflow.getHandle('watch-web-1');
const startWatch = () => watchHosts(world.env.client, control(true));
const kinds = () => told.map(({ kind }) => kind);
const waits = async () => (await watchOf().describe()).typedSearchAttributes.get(fdtsWaiting);

it(
  'answers an incident once, blocks after an answer that failed, goes on when cleared, and ends when switched off',
  PATIENTLY,
  async () => {
    const { client } = world.env;
    wrong = ['dailyHealthCheck'];
    await startWatch();
    await startWatch();
    await untilState(({ count }) => count === 1);
    const [first] = await answersOf('dailyHealthCheck');
    await client.workflow.getHandle(first ?? '').result();
    await untilState(({ open }) => open.length === 0);
    await untilLooks(2);
    const { blocked, incidents, count } = await watchOf().query(watchQuery);
    expect({ blocked, incidents, count }).toEqual({ blocked: null, incidents: {}, count: 1 });

    otherwise = { checkHealth: gives({ checks: [fails] }) };
    wrong = ['dailyHealthCheck'];
    await untilState(({ blocked }) => blocked?.endsWith('ended as attention-needed') === true);
    expect(await answersOf('dailyHealthCheck')).toHaveLength(2);

    otherwise = {};
    await watchOf().signal(watchClearSignal);
    await untilState(({ count }) => count === 3);
    await watchHosts(client, control(false));
    await expect(watchOf().result()).rejects.toThrow();
  },
);

it('answers an alert that is sent twice once', PATIENTLY, async () => {
  const { client } = world.env;
  const before = (await answersOf('dailyHealthCheck')).length;
  const [host] = control(true).hosts;
  if (host === undefined) throw new Error('no host');
  const alert = { fingerprint: 'f1', name: 'FdtsDown', firing: true, answer: 'dailyHealthCheck' };
  await passAlert(client, host, alert);
  await passAlert(client, host, alert);
  await untilState(({ count }) => count === 1);
  await passAlert(client, host, { ...alert, firing: false });
  await untilState(({ incidents }) => Object.keys(incidents).length === 0);
  expect(await answersOf('dailyHealthCheck')).toHaveLength(before + 1);
});

it(
  'an answer that its host refuses, as in a freeze, is told once and blocks nothing',
  PATIENTLY,
  async () => {
    otherwise = { takeHold: refuses };
    wrong = ['highMemory'];
    await startWatch();
    await untilState(({ refused }) => refused?.length === 1);
    otherwise = {};
    wrong = ['highMemory', 'applicationDown'];
    await untilState(({ count, open }) => count === 2 && open.length === 0);
    expect(await watchOf().query(watchQuery)).toMatchObject({ blocked: null });
    expect(await waits()).toBe(false);
    expect(told).toEqual([
      expect.objectContaining({
        kind: 'answer-refused',
        host: 'web-1',
        text: expect.stringContaining('because of signal for highMemory: wrong'),
      }),
    ]);
    await canBeReplayed();
  },
);

it(
  'a bad end blocks other answers, is told and found, and an app that is down is mended all the same',
  PATIENTLY,
  async () => {
    otherwise = { measureMemory: gives({ checks: [fails], lines: [], offender: null }) };
    wrong = ['highMemory'];
    await startWatch();
    await untilState(({ blocked }) => blocked?.endsWith('ended as attention-needed') === true);
    expect(await waits()).toBe(true);
    const mended = (await answersOf('applicationDown')).length;
    wrong = ['highMemory', 'highErrorRate', 'applicationDown'];
    await untilState(({ count, open }) => count === 2 && open.length === 0);
    expect(await answersOf('applicationDown')).toHaveLength(mended + 1);
    await untilState((now) => (now.incidents['signal for highErrorRate']?.wrongSeconds ?? 0) > 5);
    expect((await watchOf().query(watchQuery)).incidents['signal for highErrorRate']?.run).toBeNull();
    expect(told).toEqual([
      expect.objectContaining({
        kind: 'watch-blocked',
        subject: 'the watch waits for a person',
        text: expect.stringMatching(
          /nothing but applicationDown and emergencies.*highMemory-web-1-.* ended as attention-needed.*"clear" to the run watch-web-1/,
        ),
      }),
    ]);

    wrong = [];
    expect(await cli(world.environment, 'unblock', 'web-9')).toMatchObject({ code: 4 });
    const unblocked = await cli(world.environment, 'unblock', 'web-1');
    expect(unblocked.out).toContain('the watch of web-1 starts answers again');
    await untilState(({ blocked }) => blocked === null);
    expect(await waits()).toBe(false);
    wrong = ['highErrorRate'];
    await untilState(({ count }) => count === 3);
    await canBeReplayed();
  },
);

it(
  'an app that is down again after each good answer is answered up to the loop guard, which is told and found',
  PATIENTLY,
  async () => {
    lasts = true;
    wrong = ['applicationDown'];
    await startWatch();
    await untilState(({ blocked }) => blocked?.startsWith('3 answers were started within 24 h') === true);
    expect(await watchOf().query(watchQuery)).toMatchObject({ count: 3, open: [] });
    expect(await waits()).toBe(true);
    await untilTold('watch-blocked');
    expect(told[0]?.text).toContain('It starts nothing but emergencies any more: 3 answers were started');
    expect(kinds()).toEqual(['watch-blocked']);
  },
);

it(
  'a run that waits at its gate while FDTS is down is asked to abort; then FDTS is mended',
  PATIENTLY,
  async () => {
    const asked = await gateHolder();
    wrong = ['applicationDown'];
    await startWatch();
    const report = await reportOfFailed(asked);
    expect(report).toMatchObject({
      outcome: 'rejected',
      because: 'aborted by the watch (run watch-web-1): FDTS is down and applicationDown needs the host',
    });
    expect((await watchOf().query(watchQuery)).count).toBe(0);
    holder = null;
    await untilState(({ count, open }) => count === 1 && open.length === 0);
    expect(await answersOf('applicationDown')).toContainEqual(expect.stringContaining('-0'));
    expect(await watchOf().query(watchQuery)).toMatchObject({ blocked: null, outage: null });
    expect(kinds()).toEqual(['outage-under-run']);
    expect(told[0]?.subject).toBe('FDTS is down, highMemory was asked to abort');
    await canBeReplayed();
  },
);

it(
  'a run that does something else while FDTS is down is left alone, and people are told once',
  PATIENTLY,
  async () => {
    const goesOn = latch();
    const restarts: string[] = [];
    otherwise = {
      restartService: async (call) => {
        restarts.push(call.workflowId);
        await holdsUntil(goesOn.promise)(call, 1);
        return { seconds: 1.5 };
      },
    };
    const run = await gateHolder();
    await run.signal('approve');
    expect(await waitUntil(() => restarts.length > 0, { timeoutMs: 20_000 })).toBe(true);
    wrong = ['applicationDown'];
    // Users are shut out by its restart, on purpose.
    await startWatch();
    await untilLooks(10);
    expect(told).toEqual([]);

    otherwise = { ...otherwise, readHolder: gives('works') };
    await untilTold('outage-under-run');
    await untilLooks(5);
    expect(kinds()).toEqual(['outage-under-run']);
    expect(told[0]?.subject).toBe('FDTS is down while highMemory has the host');
    goesOn.release();
    expect(await run.result()).toMatchObject({ outcome: 'completed' });
  },
);

it('what cannot be measured is told once, and everything else is answered', PATIENTLY, async () => {
  unmeasured = [{ name: 'error rate', because: 'its log is away' }];
  wrong = ['dailyHealthCheck'];
  await startWatch();
  await untilState(({ count }) => count === 1);
  await untilTold('not-measured');
  await untilLooks(4);
  expect(kinds()).toEqual(['not-measured']);
  expect(told[0]?.text).toContain('3 looks in a row could not measure it; the last one: its log is away.');
  await canBeReplayed();
});

it(
  'a host that cannot be looked at is told once, and a receiver that is dead stops nothing',
  PATIENTLY,
  async () => {
    otherwise = { lookAtHost: broken, tellOperators: broken };
    await startWatch();
    await untilState(({ failedLooks }) => failedLooks === 4);
    expect(kinds()).toEqual(['host-not-seen']);
    expect(told[0]?.text).toContain('3 looks in a row have failed; the last one: made to fail');
    otherwise = { tellOperators: broken };
    wrong = ['dailyHealthCheck'];
    await untilState(({ count, failedLooks }) => count === 1 && failedLooks === 0);
  },
);

/** A run of highMemory that has the made-up host and waits at its gate. */
async function gateHolder(): Promise<WorkflowHandle> {
  const run = await world.env.client.workflow.start('highMemory', {
    taskQueue: CONTROL_TASK_QUEUE,
    workflowId: `memory-${crypto.randomUUID()}`,
    args: [{ host: 'web-1' }],
  });
  await asksFor(run, 'approve-restart');
  const { workflowId, firstExecutionRunId: runId } = run;
  const since = '2026-01-04T02:00:00.000Z';
  holder = { procedure: 'highMemory', workflowId, runId, state: 'open', since, step: 'A person approves' };
  return run;
}

async function asksFor(run: WorkflowHandle, step: string): Promise<void> {
  const isOpen = async () => (await run.query(progressQuery)).gate?.step === step;
  expect(await waitUntil(isOpen, { timeoutMs: 20_000, everyMs: 50 }), `the gate of ${step} is open`).toBe(
    true,
  );
}

async function reportOfFailed(run: WorkflowHandle) {
  const error: unknown = await run.result().catch((reason: unknown) => reason);
  const cause = error instanceof WorkflowFailedError ? error.cause : null;
  const report = cause instanceof Failure ? cause.details?.[0] : null;
  if (!isReport(report)) throw new Error(`no report: ${String(error)}`);
  return report;
}

async function untilState(holds: (state: WatchState) => boolean): Promise<void> {
  const isSo = async () => holds(await watchOf().query(watchQuery));
  expect(await waitUntil(isSo, { timeoutMs: 60_000 }), 'the watch is as it should be').toBe(true);
}

async function untilTold(kind: string): Promise<void> {
  expect(await waitUntil(() => kinds().includes(kind), { timeoutMs: 20_000 }), `${kind} is told`).toBe(true);
}

/** Waits until the watch has looked so many times more. */
async function untilLooks(more: number): Promise<void> {
  const enough = looks + more;
  expect(await waitUntil(() => looks >= enough, { timeoutMs: 20_000 }), 'the watch looks on').toBe(true);
}

/** As a control worker does that was started anew in the middle. */
async function canBeReplayed(): Promise<void> {
  await Worker.runReplayHistory({ workflowBundle }, await watchOf().fetchHistory());
}

/** The runs that the watch started, oldest first. */
async function answersOf(procedure: string): Promise<string[]> {
  const found: { id: string; at: number }[] = [];
  for await (const { workflowId, startTime, type } of world.env.client.workflow.list()) {
    if (type === procedure) found.push({ id: workflowId, at: startTime.getTime() });
  }
  return found.sort((a, b) => a.at - b.at).map(({ id }) => id);
}
