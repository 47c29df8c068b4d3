import { chmod, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { OperationError } from '../../operation-error.ts';
import type { OperationContext } from '../child-messages.ts';
import { originalIn } from '../files/aside-record.ts';
import { exists, syncFile, syncFolder } from '../files/durable-file.ts';
import { explainFailure } from '../files/explain-failure.ts';
import { removeDatabase, removeSidecars } from '../files/snapshot-database.ts';
import { whyUnreadable } from '../files/unreadable-database.ts';
import { writeListing } from '../files/upload-listing.ts';
import type { Pace } from '../pace.ts';
import {
  copyMissingRows,
  noteNotSalvaged,
  prepareSalvage,
  type SalvagedTable,
  salvagedTables,
} from '../restore/copy-missing-rows.ts';
import { attachBackup, tablesOf } from '../restore/missing-rows.ts';
import { restoreFolders } from '../restore/restore-folders.ts';
import {
  type RestorePlace,
  type RestoreRecord,
  readRestoreRecord,
  writeRestoreRecord,
} from '../restore/restore-record.ts';
import { type UploadDifference, uploadsNotIn } from '../restore/uploads-not-in.ts';
import { whyNotSalvaged } from '../restore/virtual-tables.ts';
import { readDatabase } from '../sqlite/open-database.ts';

/** What users had and the restored data has not. */
export interface Salvage {
  /** An SQLite file with the rows, one table for each table; null when the old database could not be read at all. */
  file: string | null;
  /** Why not; null when it could. */
  unreadable: string | null;
  tables: Record<string, SalvagedTable>;
  /** Tables whose rows are not in the file, and why. */
  notSalvaged: Record<string, string>;
  uploads: UploadDifference;
  /** Where the uploads of before are: aside, or where they were when only the database was swapped. */
  uploadsFolder: string;
  /** They are in their place, since the backup was not known to have them all. */
  uploadsStay: boolean;
  /** Which of them the backup lacks; names users' files and stays on the host. */
  uploadsListing: string;
}

const operation = 'salvageRows';

/**
 * Copies the rows of the old database that the backup does not have into an SQLite file of their own, reads around damage,
 * and lists the uploads that the backup does not have: before the swap while FDTS is stopped, or once users are in again
 * on the restored data, which then is not taken back any more. The old data is only read. Repeating it answers the same;
 * a kill leaves a `.part` file that the repeat makes anew.
 */
export async function salvageRows(
  { asideDir }: RestorePlace & { pace?: Pace },
  context: OperationContext,
): Promise<Salvage> {
  try {
    const record = await readRestoreRecord(asideDir);
    if (record === undefined || !['staged', 'swapped', 'done'].includes(record.phase))
      throw inTheMiddle(asideDir);
    const isSwapped = record.phase !== 'staged';
    const folders = restoreFolders(asideDir, record.uploadsAside);
    const file = join(asideDir, 'salvage.sqlite');
    const uploadsListing = join(asideDir, 'uploads-not-in-backup.jsonl');
    const unreadable = (await exists(file)) ? null : await salvage(record, asideDir, file, context);
    const uploadsFolder = record.keepsUploads || !isSwapped ? record.uploads : folders.oldUploads;
    const list = async () => {
      const { difference, files } = await uploadsNotIn(uploadsFolder, {
        listing: folders.stagedListing,
        stays: record.stays,
      });
      await writeListing(uploadsListing, files);
      return difference;
    };
    // Of uploads that stay users add to once they are let in: what only the old data knew was listed before.
    const uploads = (isSwapped ? record.keptUploads : undefined) ?? (await list());
    if (isSwapped) await writeRestoreRecord(asideDir, { ...record, phase: 'done' });
    else if (record.keepsUploads) await writeRestoreRecord(asideDir, { ...record, keptUploads: uploads });
    if (unreadable === null) await removeDatabase(folders.restoredCopy);
    return {
      file: unreadable === null ? file : null,
      unreadable,
      ...(unreadable === null
        ? await readDatabase(operation, file, salvagedTables)
        : { tables: {}, notSalvaged: {} }),
      uploads,
      uploadsFolder,
      uploadsStay: record.staged.keepsUploads === true,
      uploadsListing,
    };
  } catch (cause) {
    throw explainFailure(operation, cause, asideDir);
  }
}

/** Writes the rows; why the old database cannot be read at all, or null. */
async function salvage(
  { uploadsAside, original, phase, database }: RestoreRecord,
  asideDir: string,
  file: string,
  context: OperationContext,
): Promise<string | null> {
  const isSwapped = phase !== 'staged';
  if (isSwapped && original === null) return 'there was no database';
  const source = isSwapped ? originalIn(asideDir) : database;
  const { restoredCopy } = restoreFolders(asideDir, uploadsAside);
  const part = `${file}.part`;
  await removeDatabase(part);
  const target = new Database(part);
  try {
    await readDatabase(operation, source, (old) => {
      attachBackup(old, restoredCopy);
      old.exec('BEGIN');
      prepareSalvage(target);
      for (const { name, isVirtual } of tablesOf(old)) {
        if (isVirtual) {
          noteNotSalvaged(target, name, whyNotSalvaged(old, name));
          continue;
        }
        context.onProgress({ phase: `salvaging ${name}`, bytes: 0, totalBytes: 0 });
        copyMissingRows(old, target, name, context.signal);
      }
    });
    target.close();
    await chmod(part, 0o640);
    await syncFile(part);
    await rename(part, file);
    await syncFolder(asideDir);
    return null;
  } catch (error) {
    const why = whyUnreadable(operation, error, source);
    if (why === null) throw error;
    return why;
  } finally {
    target.close();
    await rm(part, { force: true });
    await removeSidecars(restoredCopy);
  }
}

function inTheMiddle(target: string): OperationError {
  return new OperationError({
    code: 'NOT_SALVAGED',
    operation,
    target,
    cause: 'nothing is staged there, or a swap is under way',
    hint: 'sudo fdts-ops recover finishes the swap or takes it back',
    retryable: false,
  });
}
