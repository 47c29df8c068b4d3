import type { CheckResult } from '../contracts/calls.ts';
import type { RunReport } from '../contracts/report.ts';
import { read } from '../engine/calls.ts';
import { type CommonInput, gateInput } from '../engine/input.ts';
import { provenOrNull } from '../engine/not-proven.ts';
import { defineProcedure } from '../engine/procedure.ts';
import type { Run } from '../engine/run.ts';
import { runProcedure } from '../engine/run-procedure.ts';
import { optimize, optimizeSteps } from './steps/optimize.ts';
import { restart, restartSettings, restartSteps, wrongLines } from './steps/restart.ts';

export interface SlowResponseInput extends CommonInput {
  readonly approvalTimeoutSeconds?: number;
  readonly requests?: number;
}

export const slowResponseProcedure = defineProcedure({
  type: 'slowResponse',
  title: 'Slow responses',
  section: 'Troubleshooting / Application Slow Response',
  summary:
    'Times the answers, looks at processor, memory, disks and locks of the database, then restarts the app, and when that does not help tidies the database in a short stop; after each it times the answers again.',
  beyond:
    'Times the answers after each solution, names who keeps the database locked, and tidies the database only when a restart did not help: in a short stop after an approval, into a copy that is checked.',
  mutating: true,
  givesWay: true,
  safeState: 'as before: without an approval nothing that serves users is restarted or stopped',
  input: {
    ...gateInput,
    requests: {
      type: 'count',
      describe: 'how many requests are timed; default: performance.requests of the host',
      example: 20,
    },
  },
  settings: [
    'thresholds.responseMilliseconds',
    'performance.requests',
    'thresholds.memoryPercent',
    'thresholds.diskUsedPercent',
    'performance.slowQueryText',
    ...restartSettings,
  ],
  steps: {
    times: { kind: 'check', title: 'Time the answers', paper: 'Symptoms: high response times' },
    resources: {
      kind: 'check',
      title: 'Check processor, memory and disks',
      paper: 'Diagnosis: docker stats',
      expectedSeconds: 3,
    },
    database: {
      kind: 'check',
      title: 'Look for locks of the database',
      paper: 'Diagnosis: PRAGMA busy_timeout, journal_mode',
      expectedSeconds: 4,
    },
    'disk-activity': {
      kind: 'check',
      title: 'Measure how busy the disks are',
      paper: 'Diagnosis: iostat',
      expectedSeconds: 5,
    },
    'slow-queries': {
      kind: 'check',
      title: "Look for slow queries in the app's log",
      paper: 'Solution 3. long-running queries',
    },
    ...restartSteps,
    'restart-service': { ...restartSteps['restart-service'], paper: 'Solution 1. restart' },
    'times-after-restart': { kind: 'check', title: 'Time the answers again' },
    ...optimizeSteps,
    'optimize-database': {
      ...optimizeSteps['optimize-database'],
      paper: 'Solution 2. VACUUM, ANALYZE',
    },
    'times-at-the-end': { kind: 'check', title: 'Time the answers at the end' },
  },
});

type SlowRun = Run<typeof slowResponseProcedure.steps>;

/** The answer to slow responses: the section's solutions, one at a time, each measured before the next. */
export async function slowResponse(input?: SlowResponseInput): Promise<RunReport> {
  return runProcedure(slowResponseProcedure, input, async (run, options) => {
    const timing = options.requests === undefined ? {} : { requests: options.requests };
    const first = await run.check('times', read.timeRequests(timing));
    run.section('Response times', first.lines);
    const { found, foreignLock } = await diagnose(run);
    if (isFast(first.checks)) {
      run.verify([...first.checks, ...found], 'report');
      return skipFrom(run, 'users-served', 'the answers are not slow');
    }
    if (foreignLock) {
      run.verify([...first.checks, ...found], 'report');
      return skipFrom(
        run,
        'users-served',
        'another program keeps the database locked: a restart would not help',
      );
    }
    await restart(run, {
      service: 'app',
      why: 'its answers are slow',
      plan: [
        { title: 'Response times', lines: first.lines },
        { title: 'Found', lines: wrongLines(found) },
      ],
      approvalTimeoutSeconds: options.approvalTimeoutSeconds,
    });
    const second = await run.check('times-after-restart', read.timeRequests(timing));
    run.section('Response times after the restart', second.lines);
    if (isFast(second.checks) || run.dryRun) {
      run.verify(second.checks, 'report');
      return skipFrom(
        run,
        'survey-optimize',
        run.dryRun ? 'known only at run time' : 'the answers are fast again',
      );
    }
    await optimize(run, second.lines, options.approvalTimeoutSeconds);
    const look = () => run.check('times-at-the-end', read.timeRequests(timing));
    const last = await provenOrNull(run, 'the answers are fast again', look, 'a-look-ends-nothing');
    if (last === null) return;
    run.section('Response times at the end', last.lines);
    run.verify(last.checks, 'report');
    if (isFast(last.checks)) return;
    run.section('Left to do', [
      'find long-running queries: let the app log them (performance.slowQueryText), then fdts-ops start databasePerformanceCheck',
      'give the host more processor, memory or a faster disk, by what stands under "Found"',
    ]);
  });
}

async function diagnose(
  run: SlowRun,
): Promise<{ readonly found: readonly CheckResult[]; readonly foreignLock: boolean }> {
  const resources = await run.check('resources', read.lookAtResources({}));
  const database = await run.check('database', read.lookAtDatabase({}));
  const disks = await run.check('disk-activity', read.lookAtDiskActivity({}));
  const slow = await run.check('slow-queries', read.findSlowQueries({ hours: 24 }));
  const found = [...resources.checks, ...database.checks, ...disks.checks, ...slow.checks];
  run.section('Resources', [...resources.lines, ...disks.lines]);
  run.section('Slow queries, most frequent first', slow.lines);
  run.section('Found', wrongLines(found));
  return {
    found,
    foreignLock: database.holders.some(({ isApp, service }) =>
      isApp === undefined ? service === null : !isApp,
    ),
  };
}

function isFast(checks: readonly CheckResult[]): boolean {
  return checks.every(({ status }) => status !== 'fail');
}

const ORDER = [
  'users-served',
  'approve-restart',
  'restart-service',
  'times-after-restart',
  'survey-optimize',
  'approve-optimize',
  'block-start',
  'stop-services',
  'settle-database',
  'optimize-database',
  'start-app',
  'cut-over',
  'unblock-start',
  'times-at-the-end',
] as const;

function skipFrom(run: SlowRun, from: (typeof ORDER)[number], because: string): void {
  for (const id of ORDER.slice(ORDER.indexOf(from))) run.skip(id, because);
}
