import { chmod, mkdir, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { OperationError } from '../../operation-error.ts';
import { checkBackup } from '../archive/check-backup.ts';
import type { DatabaseRules } from '../archive/judge-database.ts';
import type { OperationContext } from '../child-messages.ts';
import { type AsideRecord, readAsideRecord, whereOriginalIs } from '../files/aside-record.ts';
import { partOf, removeParts, requireSwappable, takeAfter } from '../files/database-folder.ts';
import { exists, hashFile, syncFile, syncFolder } from '../files/durable-file.ts';
import { explainFailure } from '../files/explain-failure.ts';
import { withFolderLock } from '../files/folder-lock.ts';
import { moveWhole } from '../files/move-whole.ts';
import { requireUnused } from '../files/require-unused.ts';
import { removeDeadScratch, scratchFolderName } from '../files/scratch-folder.ts';
import { look, type SeenFile, swapDatabase } from '../files/swap-database.ts';
import { whyUnreadable } from '../files/unreadable-database.ts';

/** All are full paths; the parent of `asideDir` must be on the file system of the database, `scratch` better is. */
export interface RestoreFromBackupArgs extends DatabaseRules {
  archive: string;
  /** The manifest beside the archive, which must be there; left out only for one that the site's script made. */
  manifest?: string;
  database: string;
  scratch: string;
  asideDir: string;
  runId: string;
}

/** The database that is in place now. */
export interface RestoredDatabase {
  bytes: number;
  sha256: string;
  tables: Record<string, number>;
  userVersion: number;
  /** UTC, ISO 8601: how old the data is. */
  createdAt: string;
  /** Whether there was a database before; it lies in `asideDir`. */
  hadOriginal: boolean;
}

const operation = 'restoreFromBackup';

/**
 * Replaces the database by the one of a backup, with the app stopped: extracted and fully verified first, then swapped
 * by one rename; the old one with its log stays in `asideDir`, and `restoreAside` takes it back. Uploads are left alone.
 * Repeating it after the swap answers the same again. A kill leaves the old database or the new one, each whole.
 */
export async function restoreFromBackup(
  args: RestoreFromBackupArgs,
  context: OperationContext,
): Promise<RestoredDatabase> {
  const { database, asideDir, runId, scratch } = args;
  const folder = join(scratch, scratchFolderName());
  try {
    return await withFolderLock(operation, dirname(database), async () => {
      const record = await readAsideRecord(asideDir);
      if (record !== undefined && record.runId !== runId)
        throw refuse('ALREADY_EXISTS', asideDir, `it belongs to run ${record.runId}`);
      if (record !== undefined && (await isSwapped(record, asideDir))) {
        const earlier: RestoredDatabase = JSON.parse(record.result);
        return earlier;
      }
      await requireSwappable(operation, database, asideDir);
      await removeParts(database);
      await removeDeadScratch(scratch);
      await mkdir(folder, { recursive: true, mode: 0o700 });
      return stageAndSwap(args, folder, context);
    });
  } catch (cause) {
    throw explainFailure(operation, cause, database);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

async function stageAndSwap(args: RestoreFromBackupArgs, folder: string, context: OperationContext) {
  const { archive, manifest, database, asideDir, runId } = args;
  if (manifest !== undefined && !(await exists(manifest)))
    throw refuse('NOT_FOUND', manifest, 'there is no manifest to compare the backup with');
  const { reasons, checked, databaseFile } = await checkBackup({ ...args, folder, full: true }, context);
  if (reasons.length > 0) throw refuse('BACKUP_INVALID', archive, reasons.slice(0, 20).join('; '));
  await requireUnused(operation, database);
  const seen = await look(database);
  const part = partOf(database, runId);
  try {
    await moveWhole(databaseFile, part);
    await (seen === undefined ? chmod(part, 0o640) : takeAfter(part, database));
    await syncFile(part);
    await syncFolder(dirname(database));
    const replacement = await hashFile(part, undefined, context.signal);
    if (replacement.sha256 !== checked.database.sha256)
      throw refuse('BACKUP_INVALID', archive, 'the extracted database changed');
    const result: RestoredDatabase = {
      ...replacement,
      tables: checked.database.tables,
      userVersion: checked.database.userVersion,
      createdAt: checked.createdAt,
      hadOriginal: seen !== undefined,
    };
    const original = seen === undefined ? {} : { original: await identify(database, seen, context) };
    const record: AsideRecord = {
      format: 1,
      runId,
      database,
      ...original,
      replacement,
      result: JSON.stringify(result),
    };
    await swapDatabase({ operation, asideDir, replacement: part, record, seen });
    return result;
  } finally {
    await rm(part, { force: true });
  }
}

/** One that cannot be read is no obstacle to what replaces it; it has no hash, and so is never taken back as if it were whole. */
async function identify(database: string, { size }: SeenFile, { signal }: OperationContext) {
  try {
    return await hashFile(database, undefined, signal);
  } catch (error) {
    if (whyUnreadable(operation, error, database) === null) throw error;
    return { bytes: Number(size), sha256: 'it could not be read' };
  }
}

/** Without an original there is nothing aside to tell by; then the content of the database does. */
async function isSwapped(
  { database, original, replacement }: AsideRecord,
  asideDir: string,
): Promise<boolean> {
  if (original !== undefined) return (await whereOriginalIs(database, asideDir)) === 'aside';
  return (await exists(database)) && (await hashFile(database)).sha256 === replacement.sha256;
}

function refuse(code: string, target: string, cause: string): OperationError {
  const hint = 'nothing was changed; correct this, or choose another backup, then start again';
  return new OperationError({ code, operation, target, cause, hint, retryable: false });
}
