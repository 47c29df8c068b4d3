import type { CheckResult } from '../contracts/calls.ts';
import type { RunReport } from '../contracts/report.ts';
import { control, read } from '../engine/calls.ts';
import type { CommonInput } from '../engine/input.ts';
import { NOT_SEEN_FROM_OUTSIDE } from '../engine/look-from-outside.ts';
import { defineProcedure } from '../engine/procedure.ts';
import type { Run } from '../engine/run.ts';
import { runProcedure } from '../engine/run-procedure.ts';
import { healthSettings, healthSteps, measureHealth, measureOf } from './steps/health.ts';

export const dailyHealthCheckProcedure = defineProcedure({
  type: 'dailyHealthCheck',
  title: 'Daily health check',
  section: 'Routine Operations / Daily Health Check',
  summary:
    'Measures every expected result of the daily check and names what answers a failed one. Changes nothing.',
  beyond:
    'Each expected result is a check with its threshold and value: errors counted by level, a backup that was verified, FDTS as seen from outside. A failed one names the procedure that answers it.',
  mutating: false,
  safeState: 'as before: it only reads',
  input: {},
  settings: healthSettings,
  steps: {
    services: { ...healthSteps.services, paper: '1. docker-compose ps' },
    health: { ...healthSteps.health, paper: '2. curl health' },
    disk: { ...healthSteps.disk, paper: '3. df -h' },
    logs: {
      ...healthSteps.logs,
      title: 'Count the errors of the last 24 hours',
      paper: '4. logs | grep error',
    },
    backups: { ...healthSteps.backups, paper: '5. ls of the backups' },
    outside: { kind: 'check', title: 'See it from outside', expectedSeconds: 1 },
  },
});

/** The daily health check: ends `attention-needed` when an expected result fails. */
export async function dailyHealthCheck(input?: CommonInput): Promise<RunReport> {
  return runProcedure(dailyHealthCheckProcedure, input, async (run) => {
    // A Docker that does not answer is a finding, and no reason to leave the other things unmeasured.
    const measure = measureOf(run);
    await measureHealth(run, measure, read.checkLogs({ hours: 24 }));
    await measure('seen from outside', () => lookFromOutside(run));
  });
}

async function lookFromOutside(run: Run<typeof dailyHealthCheckProcedure.steps>): Promise<Measured> {
  const { publicUrl } = await run.readFromControl(control.resolveHost({ host: run.host?.name ?? null }));
  if (publicUrl !== null) {
    const probe = control.probeFromOutside({ url: publicUrl });
    return run.checkBy('outside', () => run.readFromControl(probe, 'outside'));
  }
  run.skip('outside', `not proven: ${NOT_SEEN_FROM_OUTSIDE.got}`);
  return { checks: [NOT_SEEN_FROM_OUTSIDE] };
}

interface Measured {
  readonly checks: readonly CheckResult[];
}
