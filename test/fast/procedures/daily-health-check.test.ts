import { afterAll, beforeAll, expect, it } from 'vitest';
import { fails, ScriptedRuns } from '../../support/scripted-runs.ts';
import { startTemporalWorld, type TemporalWorld } from '../../support/temporal-world.ts';

const runs = new ScriptedRuns();
let world: TemporalWorld;

beforeAll(async () => {
  world = await startTemporalWorld();
  await world.startWorkers({}, runs.onCall);
});
afterAll(() => world.end());

it('a Docker that does not answer is a finding; everything else is measured all the same', async () => {
  const run = await runs.start(world, 'dailyHealthCheck', { checkServices: fails('ENGINE_DOWN') });
  const { status, report } = await run.end();
  expect(status).toBe('COMPLETED');
  expect(report.outcome).toBe('attention-needed');
  expect(report.because).toMatch(/the services: made to fail.*fdts-ops start applicationDown/);
  expect(run.calls.map(({ activity }) => activity)).toEqual(
    expect.arrayContaining(['checkHealth', 'checkDisk', 'checkLogs', 'checkBackups']),
  );
});
