import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import type { FolderEntry } from '../adapters/data-owner/operations/look-at-folder.ts';
import type { DataOwner } from '../adapters/data-owner/run-as-owner.ts';
import { newArchive } from '../adapters/new-archive.ts';
import { OperationError } from '../adapters/operation-error.ts';
import { type SiteBackupBegun, SiteBackupRecord } from '../adapters/site-backup-record.ts';
import { timeLimit } from '../adapters/time-limit.ts';
import { type ScriptHost, type SiteCommand, siteScript } from './site-script.ts';

const SETTLE_MS = 1000;

/** The parts of a host that a backup by the site's script needs. */
export type SiteHost = ScriptHost & {
  readonly data: Pick<DataOwner, 'lookAtFolder' | 'verifyBackup' | 'hashArchive'>;
};

/** What the site's script left. */
export interface SiteArchive {
  readonly archive: string;
  readonly bytes: number;
  readonly sha256: string;
}

/**
 * Runs the site's own backup script and finds the one archive that it made. The script runs on when
 * this attempt is killed: the next one waits for its end and takes its archive, rather than make a second one.
 */
export async function runSiteBackup(
  host: SiteHost,
  command: SiteCommand,
  run: { readonly stamp: string; readonly signal: AbortSignal },
): Promise<SiteArchive> {
  const { config, data } = host;
  const { folder } = config.backups;
  const { stamp, signal } = run;
  const script = siteScript(host, command, signal);
  const record = new SiteBackupRecord(path.join(config.state.folder, 'site-backups'), stamp);
  const look = () => data.lookAtFolder({ directory: folder }, { signal });

  async function begin(): Promise<SiteBackupBegun> {
    const exec = await script.prepare();
    const begun = { before: await look(), exec, startedAt: Date.now() };
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
    const isKnown = earlier !== null && (await script.isKnown({ ...earlier, stamp }));
    const left = earlier === null || isKnown ? null : await leftBehind(earlier);
    if (left !== null) return left;
    const begun = isKnown ? earlier : await begin();
    await script.runToItsEnd({ ...begun, stamp });
    const bounded = AbortSignal.any([signal, timeLimit(command.timeout * 1000)]);
    return settled(newArchive(folder, begun.before, await look()), look, bounded);
  }

  try {
    const { name } = await make();
    const archive = path.join(folder, name);
    return { archive, ...(await data.hashArchive({ archive }, { signal })) };
  } catch (error) {
    // An attempt that was told to stop has ended the script: the next one begins anew.
    if (signal.aborted || (error instanceof OperationError && !error.retryable)) await record.forget();
    throw error;
  }
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
