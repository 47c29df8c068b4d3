import type { Figure } from '../contracts/figures.ts';
import type { RunReport } from '../contracts/report.ts';
import { read } from '../engine/calls.ts';
import type { CommonInput } from '../engine/input.ts';
import { defineProcedure } from '../engine/procedure.ts';
import { runProcedure } from '../engine/run-procedure.ts';
import { compareSettings, compareWithBefore, measureOr } from './steps/measure.ts';

export const databasePerformanceCheckProcedure = defineProcedure({
  type: 'databasePerformanceCheck',
  title: 'Database performance check',
  section: 'Monitoring and Alerting / Database Performance Check',
  summary:
    'Times the configured queries on the live database, measures its size, growth and free pages, counts slow queries, and says what got worse than in earlier runs. Changes nothing.',
  beyond:
    'Repeats each query for p50 and p95, measures growth and free pages, counts slow queries by kind, and compares all of it with the median of the last ten runs.',
  mutating: false,
  safeState: 'as before: it only reads',
  input: {},
  settings: [
    'performance.queries',
    'performance.repeats',
    'thresholds.queryMilliseconds',
    'performance.freePagesPercent',
    'performance.growthPercent',
    'performance.slowQueryText',
    ...compareSettings,
  ],
  steps: {
    'query-times': {
      kind: 'check',
      title: 'Time the queries, and measure size and free pages',
      paper: '1. .timer on; 2. size',
      expectedSeconds: 5,
    },
    'slow-queries': {
      kind: 'check',
      title: "Count slow queries in the app's log of 24 hours",
      paper: '3. logs | grep slow query',
      expectedSeconds: 3,
    },
    compare: { kind: 'check', title: 'Compare with earlier runs', expectedSeconds: 1 },
  },
});

/** The daily database performance check: ends `attention-needed` when a figure is out of bounds or worse than before. */
export async function databasePerformanceCheck(input?: CommonInput): Promise<RunReport> {
  return runProcedure(databasePerformanceCheckProcedure, input, async (run) => {
    const figures: Figure[] = [];
    await measureOr(run, 'the database answers queries', async () => {
      const timed = await run.check('query-times', read.timeQueries({}));
      run.verify(timed.checks, 'report');
      run.section('Database', timed.lines);
      figures.push(...timed.figures);
    });
    await measureOr(run, 'slow queries in the log', async () => {
      const slow = await run.check('slow-queries', read.findSlowQueries({ hours: 24 }));
      run.verify(slow.checks, 'report');
      run.section('Slow queries, most frequent first', slow.lines);
    });
    await compareWithBefore(run, figures);
  });
}
