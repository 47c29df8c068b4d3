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

describe.each([
  ['databasePerformanceCheck', 'timeQueries', ['findSlowQueries']],
  [
    'applicationPerformanceCheck',
    'timeRequests',
    ['countConnections', 'measureContainers', 'compareFigures'],
  ],
])('%s', (type, first, others) => {
  it('measures the rest when the first thing cannot be measured, which is a finding', async () => {
    const run = await runs.start(world, type, { [first]: fails('DATABASE_IN_USE') });
    const { status, report } = await run.end();
    expect(status).toBe('COMPLETED');
    expect(report).toMatchObject({ outcome: 'attention-needed' });
    expect(report.because).toContain('made to fail');
    const called = run.calls.map(({ activity }) => activity);
    expect(called).toEqual(expect.arrayContaining(others.slice(0, 1)));
    // Nothing was measured, so nothing is kept for later runs to compare with.
    expect(called).not.toContain('compareFigures');
    expect(report.steps.find(({ id }) => id === 'compare')).toMatchObject({ status: 'skipped' });
  });

  it('a figure that got worse needs attention, and the report has all figures', async () => {
    const worse = {
      name: 'not worse than before',
      status: 'fail',
      expected: '1',
      got: 'p95 300 ms (50 ms before)',
    };
    const run = await runs.start(world, type, {
      compareFigures: gives({ checks: [worse], lines: ['p95: 300 ms'] }),
    });
    const { report } = await run.end();
    expect(report).toMatchObject({ outcome: 'attention-needed' });
    expect(report.because).toContain('p95 300 ms (50 ms before)');
    expect(report.sections).toContainEqual({ title: 'Compared with earlier runs', lines: ['p95: 300 ms'] });
  });

  it.each([true, false])(
    'figures are kept for later runs, but not those of a dry run (dryRun: %s)',
    async (dryRun) => {
      const run = await runs.start(world, type, {}, { dryRun });
      expect((await run.end()).report.outcome).toBe('completed');
      expect(run.calls.find(({ activity }) => activity === 'compareFigures')?.input).toMatchObject({
        procedure: type,
        keep: !dryRun,
      });
    },
  );
});
