import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { FakeCall } from '../../support/fake-host.ts';
import { fails, failsAfter, gives, ScriptedRuns } from '../../support/scripted-runs.ts';
import { startTemporalWorld, type TemporalWorld } from '../../support/temporal-world.ts';

const runs = new ScriptedRuns();
let world: TemporalWorld;

beforeAll(async () => {
  world = await startTemporalWorld();
  await world.startWorkers({}, runs.onCall);
});
afterAll(() => world.end());

const check = (status: string) => ({ name: 'response time', status, expected: 'fast', got: '1.2 s' });
const slow = gives({ checks: [check('fail')], lines: ['1.2 s'], figures: [] });
const start = (script = {}, input?: object) =>
  runs.start(world, 'slowResponse', { timeRequests: slow, ...script }, input);
const changes = ({ calls }: { calls: readonly FakeCall[] }) =>
  calls
    .filter(
      ({ ticket, activity }) => ticket !== null && !['takeHold', 'finishRun', 'announce'].includes(activity),
    )
    .map(({ ticket }) => ticket?.step);

async function approved(
  run: Awaited<ReturnType<typeof start>>,
  gates: string[],
  last: 'approve' | 'abort' = 'approve',
) {
  for (const gate of gates) {
    await run.asks(gate);
    await run.says(gate === gates.at(-1) ? last : 'approve', { by: 'Ada' });
  }
  return run.end();
}

describe('slowResponse', () => {
  it('tidies the database when the restart did not help, and tells what is left when that does not either', async () => {
    const run = await start();
    const { report } = await approved(run, ['approve-restart', 'approve-optimize']);
    expect(report).toMatchObject({ outcome: 'attention-needed' });
    expect(report.sections.some(({ title }) => title === 'Left to do')).toBe(true);
    expect(changes(run)).toEqual([
      'restart-service',
      'block-start',
      'stop-services',
      'settle-database',
      'optimize-database',
      'start-app',
      'cut-over',
      'unblock-start',
    ]);
  });

  it('a no to the stop leaves the database as it is', async () => {
    const run = await start();
    expect(await approved(run, ['approve-restart', 'approve-optimize'], 'abort')).toMatchObject({
      type: 'rejected',
    });
    expect(changes(run)).toEqual(['restart-service', 'undo:restart-service']);
  });

  it('an app that does not start on the tidied database gets the original back', async () => {
    const run = await start({ 'start-app': fails('APP_NOT_HEALTHY') });
    expect(await approved(run, ['approve-restart', 'approve-optimize'])).toMatchObject({
      type: 'rolled-back',
    });
    expect(changes(run).slice(6)).toEqual([
      'undo:start-app',
      'undo:optimize-database',
      'undo:stop-services',
      'undo:block-start',
      'undo:restart-service',
    ]);
  });

  it('a last look that fails takes nothing back: users are in on the tidied database', async () => {
    const run = await start({ timeRequests: failsAfter(2, slow) });
    const { status, report } = await approved(run, ['approve-restart', 'approve-optimize']);
    expect({ status, outcome: report.outcome }).toEqual({ status: 'COMPLETED', outcome: 'completed' });
    expect(report.because).toContain('not proven: the answers are fast again');
    expect(changes(run).at(-1)).toBe('unblock-start');
  });

  it.each([
    ['of no container', { service: null, isApp: false }],
    ['of another service', { service: 'backup', isApp: false }],
    ['as an earlier version told it', { service: null }],
  ])('a lock of another program, %s, is no case for a restart', async (_, of) => {
    const holders = [{ pid: 7, command: 'sqlite3', ...of }];
    const run = await start({ lookAtDatabase: gives({ checks: [check('fail')], problem: null, holders }) });
    expect((await run.end()).report.outcome).toBe('attention-needed');
    expect(changes(run)).toEqual([]);
  });

  it('a dry run lists the restart and makes no change', async () => {
    const run = await start({}, { dryRun: true });
    expect((await run.end()).status).toBe('COMPLETED');
    expect(run.calls.filter(({ ticket }) => ticket?.dryRun === false)).toEqual([]);
  });
});
