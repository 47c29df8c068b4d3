import type { DatabaseLook, LockHolder, LogLook, ResourceLook } from '../../workflows/contracts/diagnosis.ts';
import { summariseLog } from '../adapters/logs/summarise-log.ts';
import { memory } from '../adapters/machine/host-facts.ts';
import { processFacts } from '../adapters/machine/process-facts.ts';
import type { Read } from '../execution/mutation.ts';
import { megabytes, milliseconds } from '../figures/percentile.ts';
import type { Host } from '../host.ts';
import { ANSWERS } from '../survey/answers.ts';
import { diskCheck, diskName, holdsDocker, lookAtDisks } from '../survey/disks.ts';
import { containerUse, memoryCheck, tellUse } from './container-use.ts';

/** A writer that is only busy lets go between two looks. */
const LOOK_FOR_LOCKS_SECONDS = 3;
/** With less than this no program can go on. */
const FULL_BYTES = 1_000_000;

/** The looks with which every alert's diagnosis begins: database, resources, logs. */
export function diagnosisReads(host: Pick<Host, 'config' | 'data' | 'docker' | 'app'>) {
  const { config, data, docker, app } = host;

  /** Reads a little from the live database, and looks who keeps others from writing to it. */
  const lookAtDatabase: Read<Record<string, never>, DatabaseLook> = async ({ signal, progress }) => {
    const access = await data.findLocks(
      { database: config.data.database, seconds: LOOK_FOR_LOCKS_SECONDS },
      { signal, onProgress: progress },
    );
    const containers = await docker.projectContainers(config.project.name);
    const holders = await Promise.all(
      access.holders.map(async ({ pid }): Promise<LockHolder> => {
        const { command, containerId } = await processFacts(pid);
        const service = containers.find(({ id }) => id === containerId)?.service ?? null;
        return { pid, command, service, isApp: service === config.services.app };
      }),
    );
    const { problem, readMs } = access;
    return {
      holders,
      problem: problem?.code ?? null,
      checks: [
        {
          name: 'the database can be read',
          status: problem === null ? 'pass' : 'fail',
          expected: 'one small read',
          got: problem === null ? milliseconds(readMs ?? 0) : problem.told,
          answer: ANSWERS.databaseCorruption,
        },
        {
          name: 'nobody keeps the database locked',
          status: holders.length === 0 ? 'pass' : 'fail',
          expected: `no write lock all through ${LOOK_FOR_LOCKS_SECONDS} s`,
          got: holders.map(tellHolder).join('; ') || 'none',
          answer: 'let that program end, or end it',
        },
      ],
    };
  };

  /** Processor and memory of the containers, memory of the host, room on the disks that FDTS uses. */
  const lookAtResources: Read<Record<string, never>, ResourceLook> = async ({ signal }) => {
    const { memoryPercent, diskUsedPercent } = config.thresholds;
    const used = await containerUse(host);
    const { totalBytes, availableBytes } = await memory();
    const { disks, unseen } = await lookAtDisks(host, signal);
    const full = disks.filter(({ freeBytes }) => freeBytes < FULL_BYTES);
    return {
      approvalTimeoutSeconds: config.maintenance.approvalTimeout,
      fullDisks: full.map(diskName),
      // Where nobody could see Docker's own disk, it may be any of them.
      cleanUpHelps: full.some(holdsDocker) || !disks.some(holdsDocker),
      lines: [
        ...used.map(tellUse),
        `memory of the host: ${megabytes(availableBytes)} of ${megabytes(totalBytes)} available`,
      ],
      checks: [
        ...used.map((use) => memoryCheck(use, memoryPercent, ANSWERS.highMemory)),
        ...disks.map((disk) => diskCheck(disk, diskUsedPercent)),
        ...unseen,
      ],
    };
  };

  /** Warnings and errors that app and proxy logged in the last seconds, by kind; never a line. */
  const lookAtLogs: Read<{ readonly seconds: number | null }, LogLook> = async (_context, { seconds }) => {
    const since = new Date(Date.now() - (seconds ?? config.thresholds.errorRateFor) * 1000).toISOString();
    const containers = await docker.projectContainers(config.project.name);
    const services = [config.services.app, config.services.proxy].filter((service) => service !== null);
    const looks = await Promise.all(
      services.map(async (service) => {
        const container = containers.find((known) => known.service === service);
        return { service, log: container && (await summariseLog(docker.logsSince(container.id, since))) };
      }),
    );
    const ofApp = looks.find(({ service }) => service === config.services.app)?.log;
    return {
      appErrors: (ofApp?.byLevel.error ?? 0) + (ofApp?.byLevel.fatal ?? 0),
      lines: looks.flatMap(({ service, log }) =>
        (log?.fingerprints ?? [])
          .slice(0, 10)
          .map(({ level, count, fingerprint }) => `${service}: ${count} × ${level}: ${fingerprint}`),
      ),
    };
  };

  /** Whether the app itself answers healthy, whatever the proxy says. */
  const askApp: Read<
    Record<string, never>,
    { readonly service: string; readonly ok: boolean; readonly told: string }
  > = async ({ signal }) => {
    const health = await app.checkHealth({ signal });
    return {
      service: config.services.app,
      ok: health.ok,
      told: health.problem ?? `${health.status} in ${milliseconds(health.milliseconds)}`,
    };
  };

  return { lookAtDatabase, lookAtResources, lookAtLogs, askApp };
}

function tellHolder({ pid, command, service }: LockHolder): string {
  return `${command} (pid ${pid}) ${service === null ? 'outside of FDTS' : `in service ${service}`}`;
}
