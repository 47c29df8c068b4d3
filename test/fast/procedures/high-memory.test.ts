import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { fails, gives, ScriptedRuns } from '../../support/scripted-runs.ts';
import { startTemporalWorld, type TemporalWorld } from '../../support/temporal-world.ts';

const runs = new ScriptedRuns();
let world: TemporalWorld;

beforeAll(async () => {
  world = await startTemporalWorld();
  await world.startWorkers({}, runs.onCall);
});
afterAll(() => world.end());

const start = (script = {}, input?: object) => runs.start(world, 'highMemory', script, input);
const check = (status: string) => ({ name: 'made up', status, expected: 'ok', got: status });
const back = gives({
  cameBack: true,
  baselineBytes: 50e6,
  told: 'high again after 3 s',
  check: check('fail'),
});
const changes = ({ calls }: { calls: readonly { ticket: unknown; activity: string }[] }) =>
  calls
    .filter(
      ({ ticket, activity }) => ticket !== null && !['takeHold', 'finishRun', 'announce'].includes(activity),
    )
    .map(({ activity }) => activity);

/** Approves gates in this order; the last one is answered with `last`. */
async function answered(run: Awaited<ReturnType<typeof start>>, gates: string[], last: 'approve' | 'abort') {
  for (const gate of gates) {
    await run.asks(gate);
    await run.says(gate === gates.at(-1) ? last : 'approve', { by: 'Ada' });
  }
  return run.end();
}

describe('highMemory', () => {
  it('a limit that is worse than none is taken back, before what was made before it', async () => {
    const run = await start({ watchMemory: back, verifyLimit: gives({ checks: [check('fail')] }) });
    const end = await answered(run, ['approve-restart', 'approve-limit'], 'approve');
    expect(end).toMatchObject({ status: 'FAILED', type: 'rolled-back' });
    expect(changes(run)).toEqual(['restartService', 'applyOverride', 'applyOverride', 'startAgain']);
    const undo = run.calls.filter(({ activity }) => activity === 'applyOverride').at(-1);
    expect(undo?.input).toEqual({
      service: 'app',
      file: '/opt/fdts/docker-compose.override.yml',
      content: null,
    });
  });

  it('an app that does not get healthy under the limit is taken back too, and needs an operator when that fails', async () => {
    const script = { watchMemory: back, 'apply-limit': fails('APP_NOT_HEALTHY') };
    const one = await start(script);
    expect(await answered(one, ['approve-restart', 'approve-limit'], 'approve')).toMatchObject({
      type: 'rolled-back',
    });
    const two = await start({ ...script, 'undo:apply-limit': fails() });
    const end = await answered(two, ['approve-restart', 'approve-limit'], 'approve');
    expect(end).toMatchObject({ type: 'needs-operator' });
    expect(end.report.commandsLeft.join('\n')).toContain('fake undo:apply-limit');
  });

  it('a no to the limit leaves the service as it is', async () => {
    const run = await start({ watchMemory: back });
    expect(await answered(run, ['approve-restart', 'approve-limit'], 'abort')).toMatchObject({
      type: 'rejected',
    });
    expect(changes(run)).not.toContain('applyOverride');
  });

  it('a no to the restart changes nothing, and so does silence', async () => {
    const run = await start();
    expect(await answered(run, ['approve-restart'], 'abort')).toMatchObject({ type: 'rejected' });
    expect(changes(run)).toEqual([]);
    const silent = await start({}, { approvalTimeoutSeconds: 1 });
    expect(await silent.end()).toMatchObject({ type: 'expired' });
    expect(changes(silent)).toEqual([]);
  });

  it('a limit that cannot be applied is told with what to do by hand', async () => {
    const notReady = { ready: false, checks: [{ ...check('fail'), answer: 'add by hand: mem_limit' }] };
    const run = await start({ watchMemory: back, planMemoryLimit: gives(notReady) });
    const { report } = await answered(run, ['approve-restart'], 'approve');
    expect(report).toMatchObject({ outcome: 'attention-needed' });
    expect(report.because).toContain('add by hand: mem_limit');
    expect(changes(run)).toEqual(['restartService']);
  });

  it('memory that does not come back needs no limit; the gate showed the figures', async () => {
    const run = await start();
    await run.asks('approve-restart');
    const { report } = await answered(run, ['approve-restart'], 'approve');
    expect(report.outcome).toBe('completed');
    expect(report.steps.find(({ id }) => id === 'apply-limit')).toMatchObject({
      status: 'skipped',
      note: 'it did not come back',
    });
    expect(report.sections.find(({ title }) => title === 'Plan')?.lines.join('\n')).toContain('app: 95 %');
  });

  it('no container that uses too much: nothing is restarted, and a host that does needs attention', async () => {
    const run = await start({ measureMemory: gives({ checks: [check('fail')], lines: [], offender: null }) });
    expect((await run.end()).report.outcome).toBe('attention-needed');
    expect(changes(run)).toEqual([]);
  });

  it('a dry run lists the restart and makes none', async () => {
    const run = await start({}, { dryRun: true });
    expect((await run.end()).report.outcome).toBe('completed');
    expect(run.calls.filter(({ ticket }) => ticket?.dryRun === false)).toEqual([]);
  });
});
