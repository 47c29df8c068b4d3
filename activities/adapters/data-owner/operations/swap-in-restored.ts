import { link, mkdir, rename } from 'node:fs/promises';
import { dirname } from 'node:path';
import { OperationError } from '../../operation-error.ts';
import { originalIn } from '../files/aside-record.ts';
import { exists, syncFolder } from '../files/durable-file.ts';
import { explainFailure } from '../files/explain-failure.ts';
import { withFolderLock } from '../files/folder-lock.ts';
import { requireUnused } from '../files/require-unused.ts';
import { look, moveSidecars } from '../files/swap-database.ts';
import { moveEntries } from '../files/upload-entries.ts';
import { requireMovable } from '../restore/require-movable.ts';
import { restoreFolders } from '../restore/restore-folders.ts';
import {
  identityOf,
  isSameFile,
  type RestorePlace,
  type RestoreRecord,
  readRestoreRecord,
  writeRestoreRecord,
} from '../restore/restore-record.ts';
import { settleIfReadable } from '../restore/settle-if-readable.ts';

const operation = 'swapInRestored';

/**
 * Puts the staged database and uploads in the place of the live ones (the database alone where the uploads are kept), by
 * renames alone; the old ones, with what SQLite left beside the database, lie aside untouched. FDTS must be stopped. There is a database at the path at every moment,
 * and never one with another one's log. Repeating it goes on where it was cut off, and does nothing when it is done.
 */
export async function swapInRestored(place: RestorePlace): Promise<{ hadDatabase: boolean }> {
  const { asideDir, database } = place;
  try {
    return await withFolderLock(operation, dirname(database), async () => {
      let record = await requireStaged(place);
      if (['swapped', 'done'].includes(record.phase)) return { hadDatabase: record.original !== null };
      await requireUnused(operation, database);
      if (record.phase === 'staged') record = await prepare(record, place);
      if (record.phase === 'prepared') record = await moveOldOut(record, asideDir);
      if (record.phase === 'emptied') record = await moveRestoredIn(record, asideDir);
      return { hadDatabase: record.original !== null };
    });
  } catch (cause) {
    throw explainFailure(operation, cause, database);
  }
}

async function requireStaged({ asideDir, runId }: RestorePlace): Promise<RestoreRecord> {
  const record = await readRestoreRecord(asideDir);
  if (record === undefined || record.runId !== runId)
    throw refuse(asideDir, 'no backup was staged there by this run');
  if (['returning', 'cleared', 'taken-back'].includes(record.phase))
    throw refuse(asideDir, 'the restore is already being taken back');
  return record;
}

/** What can fail for reasons of this machine fails here, before anything has moved. */
async function prepare(record: RestoreRecord, place: RestorePlace): Promise<RestoreRecord> {
  const { asideDir, database } = place;
  const { stays, keepsUploads } = record;
  await requireMovable(operation, { ...place, without: stays, keepsUploads });
  await settleIfReadable(operation, database);
  const seen = await look(database);
  const original = seen === undefined ? null : identityOf(seen);
  await mkdir(restoreFolders(asideDir, record.uploadsAside).oldUploads, { recursive: true, mode: 0o750 });
  await syncFolder(record.uploadsAside);
  return enter({ ...record, original, phase: 'prepared' }, asideDir);
}

async function moveOldOut(record: RestoreRecord, asideDir: string): Promise<RestoreRecord> {
  const { database, uploads, uploadsAside, original } = record;
  const folders = restoreFolders(asideDir, uploadsAside);
  const aside = originalIn(asideDir);
  await moveSidecars(database, aside);
  if (original !== null && !(await exists(aside))) {
    if (!isSameFile(await look(database), original)) throw changed(database);
    await link(database, aside);
  }
  if (!record.keepsUploads)
    await moveEntries(operation, { from: uploads, to: folders.oldUploads, stays: record.stays });
  // The folder of the database too: its log has left it before another one gets its name.
  for (const folder of [asideDir, dirname(database), folders.oldUploads, uploads]) await syncFolder(folder);
  return enter({ ...record, phase: 'emptied' }, asideDir);
}

async function moveRestoredIn(record: RestoreRecord, asideDir: string): Promise<RestoreRecord> {
  const { database, uploads, uploadsAside } = record;
  const folders = restoreFolders(asideDir, uploadsAside);
  if (!record.keepsUploads) await moveEntries(operation, { from: folders.stagedUploads, to: uploads });
  if (await exists(folders.stagedDatabase)) await rename(folders.stagedDatabase, database);
  for (const folder of [uploads, folders.stagedUploads, folders.staging, dirname(database)])
    await syncFolder(folder);
  return enter({ ...record, phase: 'swapped' }, asideDir);
}

async function enter(record: RestoreRecord, asideDir: string): Promise<RestoreRecord> {
  await writeRestoreRecord(asideDir, record);
  return record;
}

function refuse(target: string, cause: string): OperationError {
  const hint = 'nothing was moved; start the restore again';
  return new OperationError({ code: 'NOT_STAGED', operation, target, cause, hint, retryable: false });
}

function changed(target: string): OperationError {
  return new OperationError({
    code: 'DATABASE_IN_USE',
    operation,
    target,
    cause: 'it was changed after it was proven closed',
    hint: 'stop whatever writes to it; the restore takes itself back meanwhile',
    retryable: false,
  });
}
