import type { CheckResult } from '../../workflows/contracts/calls.ts';
import type { RestoreSurvey } from '../../workflows/contracts/restore-plan.ts';
import { isAhead, newestVerified } from '../adapters/data-owner/newest-backup.ts';
import { diskActivity } from '../adapters/machine/disk-activity.ts';
import { OperationError } from '../adapters/operation-error.ts';
import type { Read } from '../execution/mutation.ts';
import type { Host } from '../host.ts';
import { surveyStop } from '../survey/survey-stop.ts';

const MEASURED_MS = 5000;
const BUSY_PERCENT = 90;

/** What a stop for VACUUM and ANALYZE works with. */
export type OptimizeSurvey = Omit<RestoreSurvey, 'archive' | 'hasManifest' | 'lastDowntimeSeconds'> & {
  /** For the case that the original of the database is lost; empty: there is no verified backup. */
  readonly lastResort: string;
};

/** How busy the disks are. */
const lookAtDiskActivity: Read<
  Record<string, never>,
  { readonly checks: readonly CheckResult[]; readonly lines: readonly string[] }
> = async ({ signal }) => {
  const disks = (await diskActivity(MEASURED_MS, signal)).slice(0, 5);
  const busiest = disks[0];
  const told = disks.map(({ disk, busyPercent }) => `${disk}: busy ${busyPercent.toFixed(0)} % of the time`);
  return {
    lines: told,
    checks: [
      {
        name: 'the disks keep up',
        status: busiest === undefined ? 'skipped' : busiest.busyPercent < BUSY_PERCENT ? 'pass' : 'fail',
        expected: `each busy less than ${BUSY_PERCENT} % of ${MEASURED_MS / 1000} s`,
        got: told[0] ?? 'this host shows no disks',
        answer: 'see who reads or writes: iotop -o, or pidstat -d 1',
      },
    ],
  };
};

/** Why answers are slow, besides what every alert looks at. */
export function slowResponseReads(host: Host) {
  const surveyOptimize: Read<Record<string, never>, OptimizeSurvey> = async (context) => {
    const { folder } = host.config.backups;
    const backups = await host.data.listBackups({ directory: folder }, context).catch((error: unknown) => {
      if (error instanceof OperationError) return [];
      throw error;
    });
    const dated = backups.filter((backup) => !isAhead(backup));
    return { ...(await surveyStop(host, context)), lastResort: newestVerified(dated)?.archive ?? '' };
  };

  return { lookAtDiskActivity, surveyOptimize };
}
