import type { BackupFailureLook } from '../../workflows/contracts/backup-failure.ts';
import type { CheckResult } from '../../workflows/contracts/calls.ts';
import { shellQuote } from '../../workflows/contracts/shell-quote.ts';
import { keepOutput } from '../adapters/command/keep-output.ts';
import { summariseLog } from '../adapters/logs/summarise-log.ts';
import { OperationError } from '../adapters/operation-error.ts';
import { commandOutputFolder } from '../execution/command-output-folder.ts';
import type { Read } from '../execution/mutation.ts';
import { megabytes } from '../figures/percentile.ts';
import type { Host } from '../host.ts';
import { startByHand } from '../stack/start-by-hand.ts';
import { runsWell } from '../survey/service-checks.ts';
import { recentBackup } from './recent-backup.ts';

/** As far back as nobody may have noticed. */
const LOG_HOURS = 72;
const KEPT_LINES = 500;

/** Why there is no recent backup: the runbook's looks at service, disk, permissions and logs. */
export function backupFailureReads(host: Pick<Host, 'config' | 'data' | 'docker' | 'project'>) {
  const { config, data, docker } = host;
  const { folder, scratch, external, maxAge } = config.backups;

  const lookAtBackups: Read<Record<string, never>, BackupFailureLook> = async ({ signal }) => {
    // A folder that is not there, or may not be read, is a finding like any other.
    const backups = await data.listBackups({ directory: folder }, { signal }).catch((error: unknown) => {
      signal.throwIfAborted();
      if (error instanceof OperationError) return [];
      throw error;
    });
    const needed = await roomNeeded(signal);
    const places = await Promise.all(
      [folder, scratch, ...(external === null ? [] : [external])].map(async (place) => ({
        place,
        // Scratch is made when it is needed.
        ...(await data.probeFolder({ path: place }, { signal })),
      })),
    );
    const recent = recentBackup(backups, { now: Date.now(), maxAge, folder });
    const service = await lookAtService(signal);
    const ofFolder = places.find(({ place }) => place === folder);
    return {
      recent,
      isRecent: recent.status === 'pass',
      stoppedService: service.isStopped ? config.services.backup : null,
      missingBytes: ofFolder?.problem === null ? Math.max(0, Math.ceil(needed - ofFolder.freeBytes)) : 0,
      approvalTimeoutSeconds: config.maintenance.approvalTimeout,
      checks: [...places.flatMap((probed) => placeChecks(probed, needed)), ...service.checks],
      lines: service.lines,
    };
  };

  function placeChecks(
    {
      place,
      problem,
      freeBytes,
      uid,
      gid,
      mode,
    }: { place: string } & Awaited<ReturnType<Host['data']['probeFolder']>>,
    needed: number,
  ): CheckResult[] {
    const { uid: wantedUid, gid: wantedGid } = config.data.owner;
    if (problem === 'ENOENT' && place === scratch) return [];
    return [
      {
        name: `backups can be written in ${place}`,
        status: problem === null ? 'pass' : 'fail',
        expected: `uid ${wantedUid} may write there`,
        got:
          problem === null
            ? 'it may'
            : `${problem}${mode === '' ? '' : `, owner ${uid}:${gid}, mode ${mode}`}`,
        answer:
          ADVICE[problem ?? '']?.(place) ??
          `sudo chown ${wantedUid}:${wantedGid} ${shellQuote(place)} && sudo chmod u+rwx ${shellQuote(place)}`,
      },
      {
        name: `room in ${place}`,
        status: problem !== null || freeBytes >= needed ? 'pass' : 'fail',
        expected: `${megabytes(needed)} free`,
        got: problem === null ? `${megabytes(freeBytes)} free` : 'not known',
        answer: 'free space there, then start backupFailure again',
      },
    ];
  }

  // Without a database no backup can be made, which the attempt says better.
  async function roomNeeded(signal: AbortSignal): Promise<number> {
    try {
      const { database, uploads, uploadsExclude: without } = config.data;
      return (await data.roomForBackup({ database, uploads, without }, { signal })).bytes;
    } catch (error) {
      signal.throwIfAborted();
      if (error instanceof OperationError) return 0;
      throw error;
    }
  }

  /** State and last messages of the backup service; its lines stay in a file on the host. */
  async function lookAtService(signal: AbortSignal) {
    const { backup } = config.services;
    if (backup === null)
      return { isStopped: false, lines: ['services.backup is null: fdts-ops makes the backups'], checks: [] };
    const container = (await docker.projectContainers(config.project.name)).find(
      ({ service }) => service === backup,
    );
    const isUp = runsWell(container);
    const start =
      container === undefined
        ? await startByHand(host, [backup], signal)
        : `docker start ${shellQuote(container.name)}`;
    const checks: CheckResult[] = [
      {
        name: `service ${backup} is up`,
        status: isUp ? 'pass' : 'fail',
        expected: 'running',
        got:
          container === undefined
            ? 'no container'
            : `${container.state}${container.state === 'exited' ? ` with code ${container.exitCode}` : ''}`,
        answer: `while a backup is recent nothing starts it: ${start}; one that is not needed: services.backup: null in host.yml`,
      },
    ];
    if (container === undefined) return { isStopped: true, lines: [], checks };
    const last: string[] = [];
    const since = new Date(Date.now() - LOG_HOURS * 3_600_000).toISOString();
    const summary = await summariseLog(keeping(docker.logsSince(container.id, since), last));
    const kept = await keepOutput(commandOutputFolder(config), { stdout: last.join('\n'), stderr: '' }).catch(
      () => 'nowhere: the state folder cannot be written',
    );
    return {
      isStopped: container.state !== 'running',
      checks,
      lines: [
        `${summary.lines} lines in ${LOG_HOURS} h, ${summary.byLevel.error + summary.byLevel.fatal} of them errors; the last ones: ${kept}`,
        ...summary.fingerprints
          .slice(0, 10)
          .map(({ level, count, fingerprint }) => `${count} × ${level}: ${fingerprint}`),
      ],
    };
  }

  return { lookAtBackups };
}

async function* keeping(lines: AsyncIterable<string>, last: string[]): AsyncGenerator<string> {
  for await (const line of lines) {
    last.push(line);
    if (last.length > KEPT_LINES) last.shift();
    yield line;
  }
}

const ADVICE: Readonly<Record<string, (place: string) => string>> = {
  ENOENT: (place) => `it is not there: is its disk mounted? Else: sudo install -d ${shellQuote(place)}`,
  ENOTDIR: (place) => `it is no folder: see what lies at ${place}`,
  EROFS: (place) => `its disk is read-only: see dmesg, then mount -o remount,rw the disk of ${place}`,
  EIO: (place) => `the disk of ${place} reports errors: see dmesg and its SMART state`,
};
