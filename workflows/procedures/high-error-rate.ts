import type { CheckResult } from '../contracts/calls.ts';
import type { RunReport } from '../contracts/report.ts';
import { read } from '../engine/calls.ts';
import { type CommonInput, gateInput } from '../engine/input.ts';
import { defineProcedure } from '../engine/procedure.ts';
import type { Run } from '../engine/run.ts';
import { runProcedure } from '../engine/run-procedure.ts';
import { causeOfErrors, type ErrorCause, type ErrorFindings } from './high-error-rate-cause.ts';
import { restart, restartSettings, restartSteps, wrongLines } from './steps/restart.ts';

export interface HighErrorRateInput extends CommonInput {
  readonly windowSeconds?: number;
  readonly watchSeconds?: number;
  readonly approvalTimeoutSeconds?: number;
}

export const highErrorRateProcedure = defineProcedure({
  type: 'highErrorRate',
  title: 'High error rate',
  section: 'Monitoring and Alerting / High Error Rate Alert',
  summary:
    "Measures the error rate from the proxy's access log, groups the errors, looks at database, app and resources, restarts the app only when it or the database is the cause, and watches that the rate falls.",
  beyond:
    "Measures the rate from the proxy's access log, groups errors by kind, names who keeps the database locked, restarts only when database or app is the cause, and watches that the rate falls.",
  mutating: true,
  givesWay: true,
  safeState: 'as before: without an approval nothing that serves users is restarted',
  input: {
    windowSeconds: {
      type: 'seconds',
      describe: 'over how long the rate is measured; default: thresholds.errorRateFor of the host',
      example: 300,
    },
    watchSeconds: {
      type: 'seconds',
      describe: 'how long the rate is watched after the restart; default: maintenance.watch of the host',
      example: 120,
    },
    ...gateInput,
  },
  settings: [
    'thresholds.errorRatePercent',
    'thresholds.errorRateFor',
    'thresholds.memoryPercent',
    'thresholds.diskUsedPercent',
    ...restartSettings,
    'maintenance.watch',
    'accessLog.file',
    'accessLog.format',
  ],
  steps: {
    'error-rate': {
      kind: 'check',
      title: "Measure the error rate from the proxy's access log",
      paper: 'Threshold: more than 10 % for 5 minutes',
    },
    errors: { kind: 'check', title: 'Group the errors of app and proxy', paper: '1. logs | grep error' },
    database: {
      kind: 'check',
      title: 'Check that the database can be read and is not locked',
      paper: '2. SELECT 1',
      expectedSeconds: 4,
    },
    resources: {
      kind: 'check',
      title: 'Check processor, memory and disks',
      paper: '3. docker stats',
      expectedSeconds: 3,
    },
    'ask-app': { kind: 'check', title: 'Ask the app itself' },
    ...restartSteps,
    'restart-service': { ...restartSteps['restart-service'], paper: '4. restart app' },
    'watch-rate': { kind: 'check', title: 'Watch that the error rate falls' },
  },
});

type ErrorRun = Run<typeof highErrorRateProcedure.steps>;

/** The answer to a high error rate. It ends `attention-needed` when the rate stays high, and says what answers that. */
export async function highErrorRate(input?: HighErrorRateInput): Promise<RunReport> {
  return runProcedure(highErrorRateProcedure, input, async (run, options) => {
    const rate = await run.check('error-rate', read.errorRate({ seconds: options.windowSeconds ?? null }));
    run.section('Error rate', [rate.told]);
    const cause = await diagnose(run, rate);
    if (rate.check.status === 'pass' && (cause.restartHelps || !cause.isFound)) {
      run.verify([rate.check, ...cause.checks], 'report');
      return leaveAlone(run, 'the error rate is not high');
    }
    run.section('Cause', [cause.cause]);
    if (!cause.restartHelps) {
      const status = cause.isFound ? 'fail' : rate.check.status;
      const got = `${rate.told}; ${cause.cause}`;
      run.verify([{ ...rate.check, status, got, answer: cause.answer }], 'report');
      return leaveAlone(run, `a restart would not help: ${cause.cause}`);
    }
    const survey = await restart(run, {
      service: 'app',
      why: cause.cause,
      plan: [
        { title: 'Error rate', lines: [rate.told] },
        { title: 'Cause', lines: [cause.cause] },
      ],
      approvalTimeoutSeconds: options.approvalTimeoutSeconds,
    });
    const seconds = options.watchSeconds ?? survey.watchSeconds;
    const watched = await run.check('watch-rate', read.watchErrorRate({ seconds }), {
      says: `a real run watches for ${seconds} seconds`,
      result: { ...rate, check: { ...rate.check, status: 'skipped' as const, got: 'only in a real run' } },
    });
    run.section('Error rate after the restart', [watched.told]);
    run.verify(
      [{ ...watched.check, name: 'the error rate fell after the restart', answer: cause.answer }],
      'report',
    );
  });
}

/** The runbook's three looks. What is wrong stands in the report; what is cured by the restart is no failed check. */
async function diagnose(
  run: ErrorRun,
  rate: ErrorFindings['rate'],
): Promise<ErrorCause & { readonly checks: readonly CheckResult[] }> {
  const logs = await run.check('errors', read.lookAtLogs({ seconds: rate.seconds }));
  run.section('Errors, most frequent first', logs.lines);
  const database = await run.check('database', read.lookAtDatabase({}));
  const resources = await run.check('resources', read.lookAtResources({}));
  run.section('Resources', resources.lines);
  const asked = await run.check('ask-app', read.askApp({}));
  run.section('Found', [
    ...wrongLines([...database.checks, ...resources.checks]),
    `the app itself: ${asked.told}`,
  ]);
  const cause = causeOfErrors({ rate, logs, database, resources, appAnswers: asked.ok }, asked.service);
  return { ...cause, checks: [...database.checks, ...resources.checks] };
}

function leaveAlone(run: ErrorRun, because: string): void {
  const left = ['users-served', 'approve-restart', 'restart-service', 'watch-rate'] as const;
  for (const id of left) run.skip(id, because);
}
