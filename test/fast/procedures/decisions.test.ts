import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { progressQuery } from '../../../workflows/messages.ts';
import { fails, holdsUntil, latch, type Script, ScriptedRuns } from '../../support/scripted-runs.ts';
import { startTemporalWorld, type TemporalWorld } from '../../support/temporal-world.ts';

const runs = new ScriptedRuns();
let world: TemporalWorld;

beforeAll(async () => {
  world = await startTemporalWorld();
  await world.startWorkers({}, runs.onCall);
});
afterAll(() => world.end());

const window = (script?: Script, input?: unknown) => runs.start(world, 'plannedMaintenance', script, input);

async function approvedWindow(script: Script) {
  const run = await window(script);
  await run.asks('approve-plan');
  expect(await run.says('approve', { by: 'Ada' })).toBe('"approve" counts for "approve-plan"');
  return run;
}

// Messages to people are no changes, and the one about the gate may be heard of just after the gate.
const changed = (run: Awaited<ReturnType<typeof window>>, after = 0) =>
  run.calls
    .slice(after)
    .flatMap(({ activity, ticket }) => (ticket === null || activity === 'announce' ? [] : [activity]));

describe('the gate', () => {
  it('stays open when somebody approves before it is shown, and silence then ends the run as expired', async () => {
    const survey = latch();
    const run = await window({ surveyHost: holdsUntil(survey.promise) }, { approvalTimeoutSeconds: 3 });
    await run.reached('surveyHost');
    expect(await run.saysInVain('approve', { by: 'Early' })).toContain('nothing waits for "approve" now');
    survey.release();
    await run.asks('approve-plan');
    const before = run.calls.length;
    const { status, type, report } = await run.end();
    expect({ status, type }).toEqual({ status: 'FAILED', type: 'expired' });
    expect(changed(run, before)).toEqual(['removePreparedImages', 'finishRun']);
    expect(report.decisions).toMatchObject([{ what: 'expired', gate: 'approve-plan' }]);
    expect(report.sections).toContainEqual({
      title: 'Messages that changed nothing',
      lines: [expect.stringMatching(/approve by Early: nothing waits/)],
    });
  });

  it('takes one approval; a second one is told that it changes nothing', async () => {
    const backup = latch();
    const run = await approvedWindow({ 'back-up': holdsUntil(backup.promise) });
    await run.reached('back-up');
    expect(await run.saysInVain('approve', { by: 'Bob' })).toContain('changes nothing');
    backup.release();
    const { status, report } = await run.end();
    expect(status).toBe('COMPLETED');
    expect(report.decisions).toMatchObject([{ what: 'approve', by: 'Ada', identity: 'self-declared' }]);
  });

  it('refuses an approval of another plan, whose code differs', async () => {
    const run = await window();
    await run.asks('approve-plan');
    expect(await run.saysInVain('approve', { plan: 'OTHER' })).toContain('is not the plan that waits');
    expect((await run.handle.query(progressQuery)).gate?.step).toBe('approve-plan');
    await run.says('abort');
    await run.end();
  });

  it('ends as rejected when somebody says no, with nothing stopped', async () => {
    const run = await window();
    await run.asks('approve-plan');
    await run.says('abort', { by: 'Ada', reason: 'wrong night' });
    const { status, type, report } = await run.end();
    expect({ status, type }).toEqual({ status: 'FAILED', type: 'rejected' });
    expect(report.because).toBe('aborted by Ada: wrong night');
    expect(changed(run)).not.toContain('stopServices');
    expect(changed(run).at(-2)).toBe('removePreparedImages');
  });

  it('takes a signal with whatever a person typed', async () => {
    const run = await window();
    await run.asks('approve-plan');
    await run.handle.signal('approve', 'yes please');
    const { status, report } = await run.end();
    expect(status).toBe('COMPLETED');
    expect(report.decisions).toMatchObject([{ what: 'approve', by: 'not said', identity: 'none' }]);
  });
});

function comparePlan(first: { host: string[]; packages: string[] }): Script {
  return { comparePlan: async (_call, nth) => (nth === 1 ? { answer: first } : undefined) };
}

describe('a plan that changed since it was approved', () => {
  it('is made anew and asked for again; only its own code approves it', async () => {
    const run = await window(comparePlan({ host: [], packages: ['openssl 3 instead of 2'] }));
    await run.asks('approve-plan');
    await run.says('approve', { by: 'Ada' });
    await expect
      .poll(async () => (await run.handle.query(progressQuery)).gate?.question)
      .toContain('openssl 3 instead of 2');
    expect(await run.saysInVain('approve', { by: 'Ada' })).toContain('is not the plan that waits');
    const { gate } = await run.handle.query(progressQuery);
    await run.says('approve', { by: 'Ada', plan: gate?.planCode ?? '' });
    expect(await run.end()).toMatchObject({ status: 'COMPLETED' });
    const rounds = run.calls.flatMap(({ ticket }) =>
      ticket?.step === 'prepare-packages' ? [ticket.round] : [],
    );
    expect(rounds).toEqual([0, 1]);
  });

  it('ends the run before anything is stopped when somebody else changed the host', async () => {
    const run = await approvedWindow(comparePlan({ host: ['app runs another image'], packages: [] }));
    const { type, report } = await run.end();
    expect(type).toBe('rolled-back');
    expect(report.because).toContain('app runs another image');
    expect(changed(run)).not.toContain('makeBackup');
    expect(changed(run)).not.toContain('stopServices');
  });

  it('does not stop FDTS when the package lists moved on during the backup', async () => {
    const run = await approvedWindow({
      comparePlan: async (_call, nth) =>
        nth === 2 ? { answer: { host: [], packages: ['openssl 3 instead of 2'] } } : undefined,
    });
    const { type } = await run.end();
    expect(type).toBe('rolled-back');
    expect(changed(run)).toContain('makeBackup');
    expect(changed(run)).not.toContain('stopServices');
  });
});

describe('a failed step that asks', () => {
  it('is tried again on retry, in a round of its own', async () => {
    const run = await window({ 'prepare-packages': fails('BROKEN', 1) });
    await run.asks('prepare-packages');
    expect(await run.saysInVain('skip')).toContain('nothing waits for "skip"');
    expect(await run.says('retry', { by: 'Ada' })).toContain('counts');
    await run.asks('approve-plan');
    await run.says('approve');
    expect(await run.end()).toMatchObject({ status: 'COMPLETED', report: { outcome: 'completed' } });
    const rounds = run.calls.flatMap(({ ticket }) =>
      ticket?.step === 'prepare-packages' ? [ticket.round] : [],
    );
    expect(rounds).toEqual([0, 1]);
  });

  it('is left out on skip, with the reason in the report', async () => {
    const run = await runs.start(world, 'manualBackup', { 'copy-backup': fails() });
    await run.asks('copy-backup');
    await run.says('skip', { by: 'Ada', reason: 'storage is away' });
    const { status, report } = await run.end();
    expect(status).toBe('COMPLETED');
    expect(report.steps.find(({ id }) => id === 'copy-backup')).toMatchObject({
      status: 'skipped',
      note: expect.stringContaining('skipped by a person after: made to fail'),
    });
    expect(report.decisions).toMatchObject([{ what: 'skip', reason: 'storage is away' }]);
  });

  it('ends as aborted, not rejected, when a person gives up: only a gate can be rejected', async () => {
    const run = await window({ 'prepare-images': fails() });
    await run.asks('prepare-images');
    await run.says('abort');
    expect(await run.end()).toMatchObject({ type: 'aborted' });
  });
});
