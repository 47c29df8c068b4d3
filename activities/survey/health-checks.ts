import type { CheckResult } from '../../workflows/contracts/calls.ts';
import type { ProjectContainer } from '../adapters/docker/containers.ts';
import { summariseLog } from '../adapters/logs/summarise-log.ts';
import type { Read } from '../execution/mutation.ts';
import type { Host } from '../host.ts';
import { asideCheck } from '../upkeep/kept-aside.ts';
import { ANSWERS } from './answers.ts';
import { diskCheck, lookAtDisks } from './disks.ts';
import { serviceChecks } from './service-checks.ts';

type Checks = { readonly checks: readonly CheckResult[] };
type LogChecks = Checks & { readonly lines: readonly string[] };

/** The expected results of the daily health check (runbook: Routine Operations), each measured. */
export function healthReads(host: Host) {
  const { config, docker, app } = host;

  /** Every service of the project is up, and so is its systemd unit; a job that ended well is in order. */
  const checkServices: Read<Record<string, never>, Checks> = async ({ signal }) => {
    const { own, others } = await serviceChecks(host, signal);
    return { checks: [...own, ...others] };
  };

  /** The health address answers 2xx, from the app itself and through the proxy. */
  const checkHealth: Read<Record<string, never>, Checks> = async ({ signal }) => ({
    checks: await Promise.all((['app', 'proxy'] as const).map((way) => healthThrough(app, way, signal))),
  });

  /** Disks that FDTS uses are less full than the threshold; and what lies on them until a person has looked at it. */
  const checkDisk: Read<Record<string, never>, Checks> = async ({ signal }) => {
    const { disks, unseen } = await lookAtDisks(host, signal);
    const percent = config.thresholds.diskUsedPercent;
    return {
      checks: [...disks.map((disk) => diskCheck(disk, percent)), ...unseen, await asideCheck(host, signal)],
    };
  };

  /** Errors in the app's log, by level and kind; never a line of it. */
  const checkLogs: Read<{ readonly hours: number }, LogChecks> = (_context, { hours }) =>
    checkErrors(new Date(Date.now() - hours * 3_600_000).toISOString(), `of the last ${hours} hours`);

  /** The same since a moment (UTC, ISO 8601) that has a name. */
  const checkLogsSince: Read<{ readonly since: string; readonly says: string }, LogChecks> = (
    _context,
    { since, says },
  ) => checkErrors(since, `since ${says}`);

  async function checkErrors(since: string, told: string): Promise<LogChecks> {
    const container = (await docker.projectContainers(config.project.name)).find(
      ({ service }) => service === config.services.app,
    );
    const check = {
      name: `errors in the app's log ${told}`,
      expected: `at most ${config.thresholds.errorsIn24h}`,
    };
    if (container === undefined) {
      const got = 'the app has no container, and so no log';
      return { checks: [{ ...check, status: 'fail', got, answer: ANSWERS.applicationDown }], lines: [] };
    }
    const summary = await summariseLog(docker.logsSince(container.id, since));
    const errors = summary.byLevel.error + summary.byLevel.fatal;
    return {
      lines: summary.fingerprints
        .slice(0, 10)
        .map(({ level, count, fingerprint }) => `${count} × ${level}: ${fingerprint}`),
      checks: [
        {
          ...check,
          status: errors <= config.thresholds.errorsIn24h ? 'pass' : 'fail',
          got: `${errors} of ${summary.lines} lines${sinceMade(container, since)}`,
          answer: ANSWERS.highErrorRate,
        },
      ],
    };
  }

  return { checkServices, checkHealth, checkDisk, checkLogs, checkLogsSince };
}

/** A container that was made anew has lost the log of the one before: that nothing is wrong in it says less. */
function sinceMade({ createdAt }: Pick<ProjectContainer, 'createdAt'>, since: string): string {
  if (Date.parse(createdAt) <= Date.parse(since)) return '';
  return ` since ${createdAt}, when the container was made: its log of before is gone`;
}

/** The health address, asked at the app's own port or as users come in. */
export async function healthThrough(
  app: Pick<Host['app'], 'checkHealth'>,
  way: 'app' | 'proxy',
  signal: AbortSignal,
): Promise<CheckResult> {
  const health = await app.checkHealth({ through: way, signal });
  return {
    name: way === 'app' ? 'the app answers' : 'the app answers through the proxy',
    status: health.ok ? 'pass' : 'fail',
    expected: '2xx',
    got: health.problem ?? `${health.status} in ${Math.round(health.milliseconds)} ms`,
    answer: ANSWERS.applicationDown,
  };
}
