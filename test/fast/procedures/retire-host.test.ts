import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { FakeCall } from '../../support/fake-host.ts';
import { recoverySurvey, retirementSurvey } from '../../support/fake-host.ts';
import { fails, gives, type Script, ScriptedRuns } from '../../support/scripted-runs.ts';
import { startTemporalWorld, type TemporalWorld } from '../../support/temporal-world.ts';

const THERE = 'a'.repeat(32);
const AWAY = 'b'.repeat(32);

const runs = new ScriptedRuns();
let world: TemporalWorld;

beforeAll(async () => {
  world = await startTemporalWorld();
  await world.startWorkers({}, runs.onCall);
  await world.machineAppears(THERE);
});
afterAll(() => world.end());

const retire = (script: Script = {}, input: object = {}) =>
  runs.start(world, 'retireHost', script, {
    host: 'old-1',
    machineId: THERE,
    replacedBy: 'web-1',
    ...input,
  });

const changesOf = (calls: readonly FakeCall[]) =>
  calls.filter(({ ticket }) => ticket !== null).map(({ activity }) => activity);

const idle = gives({ ...retirementSurvey, isServing: false });

describe('a machine that was replaced', () => {
  it('is stopped, kept stopped, and stays contained: only a person there makes it FDTS again', async () => {
    const run = await retire({ surveyRetirement: idle });
    const { status, type, report } = await run.end();
    expect({ status, type, host: report.host }).toEqual({
      status: 'FAILED',
      type: 'contained',
      host: 'old-1',
    });
    expect(report.because).toMatch(/old-1 was replaced by web-1.*stopped.*its incident stays open/);
    expect(changesOf(run.calls).filter((name) => name !== 'announce')).toEqual([
      'takeHoldFirst',
      'blockStart',
      'stopServices',
      // Whatever ends the run keeps it stopped: made sure of once more.
      'stopServices',
      'finishRun',
    ]);
    expect(run.calls.every(({ ticket }) => ticket === null || ticket.machineId === THERE)).toBe(true);
    expect(report.commandsLeft.join()).toContain('fdts-ops clear');
  });

  it('is waited for without a limit and without a word', async () => {
    const run = await retire({}, { machineId: AWAY });
    await expect
      .poll(async () => (await run.handle.describe()).raw.pendingActivities?.[0]?.activityType?.name)
      .toBe('surveyRetirement');
    const { events } = await run.handle.fetchHistory();
    const scheduled = events?.flatMap(({ activityTaskScheduledEventAttributes: asked }) => asked ?? []) ?? [];
    expect(
      scheduled.map(({ scheduleToStartTimeout }) => Number(scheduleToStartTimeout?.seconds ?? 0)),
    ).toEqual([0]);
    // Nothing looks after it meanwhile, which would fill the history in some weeks.
    expect(events?.filter(({ timerStartedEventAttributes }) => timerStartedEventAttributes)).toEqual([]);
    await run.handle.terminate();
  });

  it('that was never away and serves is stopped only when a person approves', async () => {
    const run = await retire();
    await run.asks('approve-stop');
    expect(changesOf(run.calls).filter((name) => name !== 'announce')).toEqual([]);
    await run.says('approve', { by: 'Ada' });
    expect((await run.end()).type).toBe('contained');
    expect(changesOf(run.calls)).toContain('stopServices');
  });

  it('that booted after it was asked for was away: it is stopped at once, although it serves', async () => {
    const clocks = { secondsSinceBoot: 0, at: Date.now() + 60_000 };
    const run = await retire({ surveyRetirement: gives({ ...retirementSurvey, clocks }) });
    const { type, report } = await run.end();
    expect(type).toBe('contained');
    const gate = report.steps.find(({ id }) => id === 'approve-stop');
    expect(gate?.note).toBe('not needed: it booted after it was asked for, and was replaced');
  });

  it('whose worker is of a version that tells no clocks is asked about', async () => {
    const run = await retire({ surveyRetirement: gives({ ...retirementSurvey, clocks: undefined }) });
    await run.asks('approve-stop');
    await run.says('abort', { by: 'Ada' });
    expect((await run.end()).type).toBe('rejected');
  });

  it.each([
    ['abort', 'rejected'],
    ['silence', 'expired'],
  ])('goes on serving after %s at that gate', async (answer, outcome) => {
    const run = await retire({}, { approvalTimeoutSeconds: 1 });
    if (answer === 'abort') {
      await run.asks('approve-stop');
      await run.says('abort', { by: 'Ada' });
    }
    expect((await run.end()).type).toBe(outcome);
    expect(changesOf(run.calls).filter((name) => !['announce', 'finishRun'].includes(name))).toEqual([]);
  });

  it('that cannot be stopped says what is left to do', async () => {
    const run = await retire({
      surveyRetirement: idle,
      'stop-services': fails(),
      'undo:stop-services': fails(),
    });
    const { type, report } = await run.end();
    expect(type).toBe('needs-operator');
    expect(report.commandsLeft).not.toEqual([]);
  });
});

it.each(['', 'web-1', 'A'.repeat(32)])(
  'the machine-id %j is refused, and nothing is called',
  async (machineId) => {
    const run = await retire({}, { machineId });
    const { type, report } = await run.end();
    expect(type).toBe('refused');
    expect(report.because).toMatch(/machineId/);
    expect(run.calls).toEqual([]);
  },
);

it('a dry run of it changes nothing', async () => {
  const run = await retire({}, { dryRun: true });
  expect((await run.end()).report.outcome).toBe('completed');
  expect(run.calls.every(({ ticket }) => ticket === null || ticket.dryRun)).toBe(true);
});

it('a real recovery on another machine starts it; a drill does not', async () => {
  const oldMachine = { host: 'old-1', machineId: AWAY, replacedBy: 'web-1' };
  const script = { surveyRecovery: gives({ ...recoverySurvey, oldMachine }) };
  const real = await (await runs.start(world, 'disasterRecovery', script, { mode: 'real' })).end();
  const workflowId = `retireHost-web-1-${real.report.stamp}`;
  expect(real.report.sections.find(({ title }) => title === 'The old machine')?.lines.join()).toContain(
    workflowId,
  );
  const fence = world.env.client.workflow.getHandle(workflowId);
  expect((await fence.describe()).status.name).toBe('RUNNING');
  await fence.terminate();

  const drill = await (await runs.start(world, 'disasterRecovery', script)).end();
  expect(drill.report.sections.map(({ title }) => title)).not.toContain('The old machine');
});
