import { afterAll, beforeAll, expect, it } from 'vitest';
import { fails, ScriptedRuns } from '../../support/scripted-runs.ts';
import { startTemporalWorld, type TemporalWorld } from '../../support/temporal-world.ts';
import { cli } from './cli.ts';

const runs = new ScriptedRuns();
let world: TemporalWorld;
const line = (...args: string[]) => cli(world.environment, ...args);

beforeAll(async () => {
  world = await startTemporalWorld();
  await world.startWorkers({}, runs.onCall);
});
afterAll(() => world.end());

it('a failed step is tried again, then left out, as a person says from a shell; an answer that it does not take is refused', async () => {
  const run = await runs.start(world, 'manualBackup', { 'copy-backup': fails('BROKEN', 2) });
  const { workflowId } = run.handle;
  await run.asks('copy-backup');
  const rounds = () => run.calls.filter(({ ticket }) => ticket?.step === 'copy-backup').length;
  expect(await line('approve', workflowId)).toMatchObject({
    code: 5,
    out: expect.stringContaining('nothing waits for'),
  });
  expect(await line('retry', workflowId, '--by', 'Ada')).toMatchObject({
    code: 0,
    out: expect.stringContaining('"retry" counts for "copy-backup"'),
  });
  await expect.poll(rounds, { timeout: 20_000 }).toBe(2);
  await run.asks('copy-backup');
  const skipped = await line('skip', workflowId, '--by', 'Ada', '--reason', 'storage is away');
  expect(skipped).toMatchObject({ code: 0, out: expect.stringContaining('"skip" counts for "copy-backup"') });
  expect((await run.end()).report.decisions).toMatchObject([
    { what: 'retry', by: 'Ada' },
    { what: 'skip', by: 'Ada', reason: 'storage is away' },
  ]);
  expect(rounds()).toBe(2);
  expect((await line('report', workflowId)).out).toContain('storage is away');
});
