import type { Call, CheckResult } from '../../contracts/calls.ts';
import { read } from '../../engine/calls.ts';
import { orFailed } from '../../engine/not-proven.ts';
import type { StepsById } from '../../engine/procedure.ts';
import type { Run } from '../../engine/run.ts';

/** What the daily health check expects of a host, which holds after a maintenance as well. */
export const healthSteps = {
  services: { kind: 'check', title: 'Check the services', expectedSeconds: 1 },
  health: { kind: 'check', title: 'Check that the app answers', expectedSeconds: 1 },
  disk: { kind: 'check', title: 'Check the disk space', expectedSeconds: 1 },
  logs: { kind: 'check', title: "Count the errors in the app's log", expectedSeconds: 3 },
  backups: { kind: 'check', title: 'Check that a recent backup exists', expectedSeconds: 1 },
} as const satisfies StepsById;

/** What these checks go by in the host's file. */
export const healthSettings = [
  'thresholds.diskUsedPercent',
  'thresholds.errorsIn24h',
  'backups.maxAge',
  'checks.timeout',
] as const;

type HealthRun = Run<StepsById & Readonly<Record<keyof typeof healthSteps, StepsById[string]>>>;

interface Measured {
  readonly checks: readonly CheckResult[];
}

/** Measures one expected result; `name` is what stands for it when it cannot even be measured. */
export type Measure = (name: string, work: () => Promise<Measured>) => Promise<void>;

/**
 * A thing that cannot be measured has failed, and is no reason to leave the others unmeasured. `nameOf`: how its checks
 * are called in the report of a procedure that checks the same things at other times, too.
 */
export function measureOf(run: Run<StepsById>, nameOf: (name: string) => string = (name) => name): Measure {
  return (name, work) =>
    orFailed(run, { name: nameOf(name), answer: LOOK }, async () => {
      const { checks } = await work();
      run.verify(
        checks.map((check) => ({ ...check, name: nameOf(check.name) })),
        'report',
      );
    });
}

/** Services, health, disk, errors in the log, backup: each measured. `errors` says since when errors count. */
export async function measureHealth(
  run: HealthRun,
  measure: Measure,
  errors: Call<string, Measured & { readonly lines: readonly string[] }>,
): Promise<void> {
  await measure('the services', () => run.check('services', read.checkServices({})));
  await measure('the app answers', () => run.check('health', read.checkHealth({})));
  await measure('the disk space', () => run.check('disk', read.checkDisk({})));
  await measure("errors in the app's log", async () => {
    const logs = await run.check('logs', errors);
    run.section('Errors in the logs, most frequent first', logs.lines);
    return logs;
  });
  await measure('a recent backup', () => run.check('backups', read.checkBackups({})));
}

const LOOK = 'it could not even be measured: fdts-ops start applicationDown';
