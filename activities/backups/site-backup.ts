import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import type { HostConfig } from '../../config/host-schema.ts';
import { keepOutput } from '../adapters/command/keep-output.ts';
import { createOutputTail } from '../adapters/command/output-tail.ts';
import type { FolderEntry } from '../adapters/data-owner/operations/look-at-folder.ts';
import type { DataOwner } from '../adapters/data-owner/run-as-owner.ts';
import type { DockerEngine } from '../adapters/docker/docker.ts';
import { logFingerprint } from '../adapters/logs/log-fingerprint.ts';
import { newArchive } from '../adapters/new-archive.ts';
import { OperationError } from '../adapters/operation-error.ts';
import { type SiteBackupBegun, SiteBackupRecord } from '../adapters/site-backup-record.ts';
import { timeLimit } from '../adapters/time-limit.ts';
import { commandOutputFolder } from '../execution/command-output-folder.ts';
import type { Host } from '../host.ts';

/** The site's own script, as the configuration names it. */
export type SiteCommand = NonNullable<HostConfig['backups']['command']>;

const SETTLE_MS = 1000;
const LAST_LINES = 3;

/** The parts of a host that the site's script needs. */
export type SiteHost = Pick<Host, 'config'> & {
  readonly data: Pick<DataOwner, 'lookAtFolder' | 'verifyBackup' | 'hashArchive'>;
  readonly docker: Pick<
    DockerEngine,
    'projectContainers' | 'createExec' | 'inspectExec' | 'startExec' | 'waitExec' | 'endExec'
  >;
};

/** What the site's script left. */
export interface SiteArchive {
  readonly archive: string;
  readonly bytes: number;
  readonly sha256: string;
}

/**
 * Runs the site's own backup script in its container and finds the one archive that it made. The script runs on when
 * this attempt is killed: the next one waits for its end and takes its archive, rather than make a second one.
 */
export async function runSiteBackup(
  host: SiteHost,
  command: SiteCommand,
  run: { readonly stamp: string; readonly signal: AbortSignal },
): Promise<SiteArchive> {
  const { config, data, docker } = host;
  const { folder } = config.backups;
  const { signal } = run;
  const record = new SiteBackupRecord(path.join(config.state.folder, 'site-backups'), run.stamp);
  const look = () => data.lookAtFolder({ directory: folder }, { signal });

  async function begin(): Promise<SiteBackupBegun> {
    const container = await containerOf(host, command.service);
    const before = await look();
    const exec = await docker.createExec(container, command.argv);
    const begun = { before, exec, startedAt: Date.now() };
    await record.write(begun);
    return begun;
  }

  /** The archive of a script whose end nobody saw, when it is provably whole; null when it has to run again. */
  async function leftBehind({ before }: SiteBackupBegun): Promise<FolderEntry | null> {
    try {
      const found = newArchive(folder, before, await look());
      const archive = path.join(folder, found.name);
      const { scratch } = config.backups;
      const { allowForeignKeyViolations } = config.data;
      await data.verifyBackup({ archive, scratch, full: false, allowForeignKeyViolations }, { signal });
      return found;
    } catch (error) {
      const isAnswer =
        error instanceof OperationError && ['NO_NEW_ARCHIVE', 'BACKUP_INVALID'].includes(error.code);
      if (!isAnswer) throw error;
      return null;
    }
  }

  async function make(): Promise<FolderEntry> {
    const earlier = await record.read();
    const isKnown = earlier !== null && (await docker.inspectExec(earlier.exec)) !== null;
    const left = earlier === null || isKnown ? null : await leftBehind(earlier);
    if (left !== null) return left;
    const begun = isKnown ? earlier : await begin();
    await runToItsEnd(host, command, begun, signal);
    const bounded = AbortSignal.any([signal, timeLimit(command.timeout * 1000)]);
    return settled(newArchive(folder, begun.before, await look()), look, bounded);
  }

  try {
    const { name } = await make();
    const archive = path.join(folder, name);
    return { archive, ...(await data.hashArchive({ archive }, { signal })) };
  } catch (error) {
    if (error instanceof OperationError && !error.retryable) await record.forget();
    throw error;
  }
}

/** Names the container; the service has to run, since nothing is started for a backup. */
export async function containerOf(
  { config, docker }: Omit<SiteHost, 'data'>,
  service: string,
): Promise<string> {
  const containers = await docker.projectContainers(config.project.name);
  const found = containers.find((one) => one.service === service && one.state === 'running');
  if (found !== undefined) return found.name;
  const state = containers.find((one) => one.service === service)?.state ?? 'not there';
  throw new OperationError({
    code: 'SERVICE_NOT_RUNNING',
    operation: 'siteBackup',
    target: `service ${service}`,
    cause: `it is ${state}, and the site's backup script is run in it`,
    hint: `Start it (docker-compose up -d ${service}), or correct backups.command.service.`,
    retryable: false,
  });
}

async function runToItsEnd(
  { config, docker }: Omit<SiteHost, 'data'>,
  { argv, timeout }: SiteCommand,
  { exec, startedAt }: SiteBackupBegun,
  signal: AbortSignal,
): Promise<void> {
  const output = createOutputTail(256 * 1024);
  const late = timeLimit(Math.max(1, startedAt + timeout * 1000 - Date.now()));
  const stop = AbortSignal.any([signal, late]);
  const before = await docker.inspectExec(exec);
  const isNew = before?.running === false && before.exitCode === null;
  // It is the engine that knows whether it has ended; what it prints is only kept.
  const listening = isNew ? docker.startExec(exec, (chunk) => output.push(chunk)) : Promise.resolve();
  const ended = listening.then(() => docker.waitExec(exec, stop));
  const end = await Promise.race([ended, aborted(stop)]).catch(async (error: unknown) => {
    if (!stop.aborted) throw error;
    ended.catch(() => undefined);
    const isOver = await docker.endExec(exec);
    signal.throwIfAborted();
    throw failed(argv, `still running after ${timeout} s; it ${isOver ? 'was ended' : 'could not be ended'}`);
  });
  const kept = await keepOutput(commandOutputFolder(config), { stdout: output.text(), stderr: '' }).catch(
    () => null,
  );
  if (end?.exitCode === 0) return;
  const said = output.text().trim().split('\n').slice(-LAST_LINES).map(logFingerprint).join(' | ');
  const code = end === null ? 'an end that the engine has forgotten' : `exit code ${end.exitCode}`;
  throw failed(argv, `${code}${said === '' ? '' : `: ${said}`}`, kept);
}

async function aborted(signal: AbortSignal): Promise<never> {
  await new Promise<void>((resolve) => {
    if (signal.aborted) resolve();
    signal.addEventListener('abort', () => resolve(), { once: true });
  });
  throw signal.reason;
}

/** Some scripts leave the last of it to a child: an archive counts when it no longer changes. */
async function settled(
  found: FolderEntry,
  look: () => Promise<readonly FolderEntry[]>,
  signal: AbortSignal,
): Promise<FolderEntry> {
  for (let last = found; ; ) {
    await delay(SETTLE_MS, undefined, { signal });
    const now = (await look()).find(({ name }) => name === found.name);
    if (now !== undefined && now.bytes === last.bytes && now.modifiedAt === last.modifiedAt) return now;
    last = now ?? last;
  }
}

function failed(argv: readonly string[], cause: string, kept: string | null = null): OperationError {
  const half = 'What it left half-written is not removed: backupVerification names it.';
  return new OperationError({
    code: 'SITE_BACKUP_FAILED',
    operation: 'siteBackup',
    target: argv.join(' '),
    cause,
    hint: kept === null ? half : `All that it said is on the host: sudo cat ${kept}. ${half}`,
    retryable: false,
  });
}
