import type { CheckResult } from '../contracts/calls.ts';
import type { RunReport } from '../contracts/report.ts';
import { control, read } from '../engine/calls.ts';
import type { CommonInput } from '../engine/input.ts';
import { orFailed } from '../engine/not-proven.ts';
import { defineProcedure } from '../engine/procedure.ts';
import type { Run } from '../engine/run.ts';
import { runProcedure } from '../engine/run-procedure.ts';

export const dailyHealthCheckProcedure = defineProcedure({
  type: 'dailyHealthCheck',
  title: 'Daily health check',
  section: 'Routine Operations / Daily Health Check',
  summary:
    'Measures every expected result of the daily check and names what answers a failed one. Changes nothing.',
  mutating: false,
  safeState: 'as before: it only reads',
  input: {},
  settings: ['thresholds.diskUsedPercent', 'thresholds.errorsIn24h', 'backups.maxAge'],
  steps: {
    services: {
      kind: 'check',
      title: 'Check the services',
      paper: '1. docker-compose ps',
      expectedSeconds: 1,
    },
    health: {
      kind: 'check',
      title: 'Check that the app answers',
      paper: '2. curl health',
      expectedSeconds: 1,
    },
    disk: { kind: 'check', title: 'Check the disk space', paper: '3. df -h', expectedSeconds: 1 },
    logs: {
      kind: 'check',
      title: 'Count the errors of the last 24 hours',
      paper: '4. logs | grep error',
      expectedSeconds: 3,
    },
    backups: {
      kind: 'check',
      title: 'Check that a recent backup exists',
      paper: '5. ls of the backups',
      expectedSeconds: 1,
    },
    outside: { kind: 'check', title: 'See it from outside', expectedSeconds: 1 },
  },
});

/** The daily health check: ends `attention-needed` when an expected result fails. */
export async function dailyHealthCheck(input?: CommonInput): Promise<RunReport> {
  return runProcedure(dailyHealthCheckProcedure, input, async (run) => {
    // A Docker that does not answer is a finding, and no reason to leave the other things unmeasured.
    const measure = (name: string, work: () => Promise<Measured>): Promise<void> =>
      orFailed(run, { name, answer: LOOK }, async () => run.verify((await work()).checks, 'report'));
    await measure('the services', () => run.check('services', read.checkServices({})));
    await measure('the app answers', () => run.check('health', read.checkHealth({})));
    await measure('the disk space', () => run.check('disk', read.checkDisk({})));
    await measure("errors in the app's log", async () => {
      const logs = await run.check('logs', read.checkLogs({ hours: 24 }));
      run.section('Errors in the logs, most frequent first', logs.lines);
      return logs;
    });
    await measure('a recent backup', () => run.check('backups', read.checkBackups({})));
    await measure('seen from outside', () => lookFromOutside(run));
  });
}

async function lookFromOutside(run: Run<typeof dailyHealthCheckProcedure.steps>): Promise<Measured> {
  const { publicUrl } = await run.readFromControl(control.resolveHost({ host: run.host?.name ?? null }));
  if (publicUrl !== null)
    return run.checkFromControl('outside', control.probeFromOutside({ url: publicUrl }));
  run.skip('outside', 'not proven: no publicUrl is configured for this host at the control worker');
  return { checks: [] };
}

interface Measured {
  readonly checks: readonly CheckResult[];
}

const LOOK = 'it could not even be measured: see "Application Down" in the runbook';
