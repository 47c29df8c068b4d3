import { link, lstat, mkdir, rename, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { OperationError } from '../../operation-error.ts';
import type { OperationContext } from '../child-messages.ts';
import { type AsideRecord, originalIn, readAsideRecord, whereOriginalIs } from '../files/aside-record.ts';
import { removeParts } from '../files/database-folder.ts';
import { exists, hashFile, syncFolder } from '../files/durable-file.ts';
import { explainFailure } from '../files/explain-failure.ts';
import { withFolderLock } from '../files/folder-lock.ts';
import { settleUnlessDamaged } from '../files/settle-unless-damaged.ts';
import { moveSidecars } from '../files/swap-database.ts';

/** Full paths, as they were given to the operation that set the original aside. */
export interface RestoreAsideArgs {
  database: string;
  asideDir: string;
  runId: string;
}

/** What was put back. */
export interface RestoredAside {
  /** Whether this call moved the original; false when it was in its place already. */
  restored: boolean;
  /** Whether the database is now, byte for byte, what was set aside; undefined when nothing ever was. */
  identical?: boolean;
  /** The folder with what was in its place; undefined when nothing was moved. */
  discarded?: string;
}

const operation = 'restoreAside';

/**
 * Puts the original database back by one rename; what replaced it moves to `<asideDir>/discarded-<n>/`, nothing is
 * deleted. The app must be stopped. Does nothing when nothing was moved, so that it can be the undo of a step that
 * never got that far. A kill leaves either of the two whole databases in place; the repeat finishes.
 */
export async function restoreAside(
  args: RestoreAsideArgs,
  { signal, onProgress }: OperationContext,
): Promise<RestoredAside> {
  const { database, asideDir, runId } = args;
  const aside = originalIn(asideDir);
  try {
    return await withFolderLock(operation, dirname(database), async () => {
      await removeParts(database);
      const record = await readAsideRecord(asideDir);
      if (record === undefined) return { restored: false };
      if (record.runId !== runId) throw notOurs(asideDir, `it belongs to run ${record.runId}`);
      const where = await whereOriginalIs(database, asideDir);
      let discarded: string | undefined;
      if (where === 'both') await rm(aside);
      if (where === 'aside') {
        const report = (bytes: number) =>
          onProgress({ phase: 'checking the original', bytes, totalBytes: bytes });
        await requireIdentity(aside, record, await hashFile(aside, report, signal));
        discarded = await putBack(database, asideDir);
      }
      await moveSidecars(aside, database);
      await syncFolder(asideDir);
      await syncFolder(dirname(database));
      const identical = record.original?.sha256 === (await hashIfThere(database));
      return { restored: where === 'aside', identical, ...(discarded === undefined ? {} : { discarded }) };
    });
  } catch (cause) {
    throw explainFailure(operation, cause, database);
  }
}

async function putBack(database: string, asideDir: string): Promise<string> {
  await settleUnlessDamaged(database);
  const discarded = await discardFolder(database, asideDir);
  if (await exists(database)) {
    await link(database, join(discarded, 'database.sqlite')).catch((error: NodeJS.ErrnoException) => {
      if (error.code !== 'EEXIST') throw error;
    });
  }
  await moveSidecars(database, join(discarded, 'database.sqlite'));
  for (const folder of [discarded, asideDir, dirname(database)]) await syncFolder(folder);
  await rename(originalIn(asideDir), database);
  await syncFolder(dirname(database));
  return discarded;
}

/** The folder of an attempt that was killed after its link, else the next free number. */
async function discardFolder(database: string, asideDir: string): Promise<string> {
  const current = await lstat(database).catch(() => undefined);
  for (let number = 1; ; number += 1) {
    const folder = join(asideDir, `discarded-${number}`);
    const linked = await lstat(join(folder, 'database.sqlite')).catch(() => undefined);
    const isOfKilledAttempt = linked !== undefined && linked.ino === current?.ino;
    const isUnused = linked === undefined;
    if (isUnused) await mkdir(folder, { recursive: true, mode: 0o750 });
    if (isUnused || isOfKilledAttempt) return folder;
  }
}

async function requireIdentity(
  path: string,
  { original }: AsideRecord,
  found: { bytes: number; sha256: string },
) {
  if (original?.bytes === found.bytes && original.sha256 === found.sha256) return;
  throw notOurs(path, 'its size or hash is not what was recorded when it was set aside');
}

async function hashIfThere(path: string): Promise<string | undefined> {
  return (await exists(path)) ? (await hashFile(path)).sha256 : undefined;
}

function notOurs(target: string, cause: string): OperationError {
  const hint = 'nothing was moved; restore the database from the backup of the run instead';
  return new OperationError({ code: 'ASIDE_CHANGED', operation, target, cause, hint, retryable: false });
}
