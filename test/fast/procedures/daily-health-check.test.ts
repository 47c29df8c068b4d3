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

it('what is not seen from outside is not proven: it stands in the report, and asks for no attention each day', async () => {
  const { report } = await (await runs.start(world, 'dailyHealthCheck')).end();
  expect(report.outcome).toBe('completed');
  expect(report.because).toBe('every step passed; not proven: seen from outside the host');
  expect(report.checks).toContainEqual(
    expect.objectContaining({ got: expect.stringContaining('no publicUrl is configured') }),
  );
  expect(report.steps.find(({ id }) => id === 'outside')).toMatchObject({ status: 'skipped' });
});
