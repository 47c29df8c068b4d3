import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { fails, gives, type Script, ScriptedRuns } from '../../support/scripted-runs.ts';
import { startTemporalWorld, type TemporalWorld } from '../../support/temporal-world.ts';

const runs = new ScriptedRuns();
let world: TemporalWorld;

beforeAll(async () => {
  world = await startTemporalWorld();
  await world.startWorkers({}, runs.onCall);
});
afterAll(() => world.end());

const backup = async (script: Script) => (await runs.start(world, 'manualBackup', script)).end();

describe('a report that cannot be written on the host', () => {
  it('is in the run all the same, and says so, when the host let the run go', async () => {
    const { status, report } = await backup({ finishRun: gives({ path: null, problem: 'no space left' }) });
    expect(status).toBe('COMPLETED');
    expect(report).toMatchObject({ outcome: 'completed', path: null, commandsLeft: [] });
    expect(report.sections).toContainEqual({
      title: 'The report could not be written on the host',
      lines: ['no space left'],
    });
  });

  it('makes no good end of a run whose hold stays: nothing else could change the host, and nobody would know', async () => {
    const { status, type, report } = await backup({ finishRun: fails() });
    expect({ status, type }).toEqual({ status: 'FAILED', type: 'needs-operator' });
    expect(report.because).toContain('did not release');
    expect(report.commandsLeft).toEqual([expect.stringContaining('sudo fdts-ops recover')]);
  });
});

it('no run waits for its messages to people longer than five minutes, whatever becomes of them', async () => {
  const run = await runs.start(world, 'manualBackup', { 'back-up': fails() });
  await run.end();
  const { events } = await run.handle.fetchHistory();
  const calls = (events ?? []).map((event) => event.activityTaskScheduledEventAttributes);
  const messages = calls.filter((call) => call?.activityType?.name === 'announce');
  expect(messages.map((call) => Number(call?.scheduleToCloseTimeout?.seconds))).toEqual([300]);
});

describe('what a report says of a run', () => {
  it('how long users were shut out by a window that was taken back', async () => {
    const run = await runs.start(world, 'plannedMaintenance', { 'smoke-test': fails() });
    await run.asks('approve-plan');
    await run.says('approve');
    const { report } = await run.end();
    expect(report.outcome).toBe('rolled-back');
    expect(report.downtimeSeconds).toBeGreaterThan(0);
    expect(report.sections).toContainEqual({
      title: 'Downtime',
      lines: [expect.stringContaining('between the stop and the end of the rollback')],
    });
  });

  it('that there is no second copy where no external storage is configured', async () => {
    const { report } = await backup({
      'copy-backup': gives({ copy: null }),
    });
    expect(report.steps.find(({ id }) => id === 'copy-backup')).toMatchObject({
      status: 'skipped',
      note: expect.stringContaining('no second copy'),
    });
  });

  it('that people could not be told, and the plan says it to whoever approves', async () => {
    const channels = 'file sent, command off, mail failed: connection refused';
    const run = await runs.start(world, 'plannedMaintenance', { 'announce-start': gives({ channels }) });
    await run.asks('approve-plan');
    await run.says('abort');
    const { report } = await run.end();
    expect(report.sections.find(({ title }) => title === 'Plan')?.lines.join('\n')).toContain(
      `people were told: ${channels}`,
    );
  });
});
