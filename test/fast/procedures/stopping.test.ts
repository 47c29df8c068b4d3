import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { fails, hangs, holdsUntil, latch, type Script, ScriptedRuns } from '../../support/scripted-runs.ts';
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

const changed = (run: Awaited<ReturnType<typeof window>>, after = 0) =>
  run.calls.slice(after).flatMap(({ activity, ticket }) => (ticket === null ? [] : [activity]));

describe('abort', () => {
  it('while a step works ends it, takes everything back and closes as aborted', async () => {
    const run = await approvedWindow({ 'optimize-database': hangs });
    await run.reached('optimize-database');
    expect(await run.says('abort', { by: 'Ada' })).toBe('the run stops and takes back what it changed');
    expect(await run.saysInVain('abort')).toMatch(/changes nothing|too late/);
    const { status, type, report } = await run.end();
    expect({ status, type }).toEqual({ status: 'FAILED', type: 'aborted' });
    expect(report.steps.find(({ id }) => id === 'optimize-database')?.status).toBe('undone');
    expect(changed(run)).toContain('restoreDatabase');
  });

  it('counts although the step that it met went on to its end, right before the cut-over too', async () => {
    const smoke = latch();
    const run = await approvedWindow({ 'smoke-test': holdsUntil(smoke.promise) });
    await run.reached('smoke-test');
    await run.says('abort');
    smoke.release();
    expect(await run.end()).toMatchObject({ type: 'aborted' });
    expect(changed(run)).toEqual(
      expect.arrayContaining(['restoreDatabase', 'startServices', 'unblockStart']),
    );
    expect(changed(run)).not.toContain('openToUsers');
    expect(changed(run)).not.toContain('goBackToImages');
  });

  it('counts when the step that it met fails', async () => {
    const stop = latch();
    const run = await approvedWindow({
      'stop-services': async (call, nth) => {
        await holdsUntil(stop.promise)(call, nth);
        return fails()(call, nth);
      },
    });
    await run.reached('stop-services');
    await run.says('abort');
    stop.release();
    expect(await run.end()).toMatchObject({ type: 'aborted' });
  });

  it('after the cut-over is told why it is too late, and the run completes', async () => {
    const unblock = latch();
    const run = await approvedWindow({ 'unblock-start': holdsUntil(unblock.promise) });
    await run.reached('unblock-start');
    const answer = await run.saysInVain('abort', { by: 'Late' });
    expect(answer).toMatch(/^too late, because users are being let in/);
    unblock.release();
    const { status, report } = await run.end();
    expect(status).toBe('COMPLETED');
    expect(report.outcome).toBe('completed');
    expect(report.sections).toContainEqual({
      title: 'Messages that changed nothing',
      lines: [expect.stringContaining('abort by Late: too late')],
    });
  });

  it('is too late while the run takes itself back', async () => {
    const undo = latch();
    const run = await approvedWindow({
      'stop-services': fails(),
      'undo:stop-services': holdsUntil(undo.promise),
    });
    await run.reached('undo:stop-services');
    expect(await run.saysInVain('abort')).toContain(
      'too late, because the run already takes back what it changed',
    );
    undo.release();
    expect(await run.end()).toMatchObject({
      type: 'rolled-back',
      report: { decisions: [{ what: 'approve' }] },
    });
  });
});

describe('cancel in the UI', () => {
  it('rolls back like abort and closes as Canceled, with the report on the host', async () => {
    const run = await approvedWindow({ 'stop-services': hangs });
    await run.reached('stop-services');
    await run.handle.cancel();
    const { status, report } = await run.end();
    expect(status).toBe('CANCELED');
    expect(report.outcome).toBe('aborted');
    expect(changed(run)).toEqual(
      expect.arrayContaining(['startServices', 'unblockStart', 'removePreparedImages']),
    );
  });

  it('at the gate takes back what was prepared', async () => {
    const run = await window();
    await run.asks('approve-plan');
    await run.handle.cancel();
    expect(await run.end()).toMatchObject({ status: 'CANCELED', report: { outcome: 'aborted' } });
    expect(changed(run)).toContain('removePreparedImages');
  });

  it('after the cut-over changes nothing: the steps that are left are done', async () => {
    const unblock = latch();
    const run = await approvedWindow({ 'unblock-start': holdsUntil(unblock.promise) });
    await run.reached('unblock-start');
    await run.handle.cancel();
    await run.saysInVain('abort');
    unblock.release();
    const { status, report } = await run.end();
    expect(status).toBe('COMPLETED');
    expect(report.steps.find(({ id }) => id === 'announce-end')?.status).toBe('done');
  });

  it('while it rolls back does not stop the rollback', async () => {
    const undo = latch();
    const run = await approvedWindow({
      'stop-services': fails(),
      'undo:stop-services': holdsUntil(undo.promise),
    });
    await run.reached('undo:stop-services');
    await run.handle.cancel();
    undo.release();
    expect(await run.end()).toMatchObject({ status: 'FAILED', type: 'rolled-back' });
    expect(changed(run)).toContain('unblockStart');
  });
});
