import { link, mkdir, rename, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { OperationError } from '../../operation-error.ts';
import { originalIn } from '../files/aside-record.ts';
import { exists, syncFolder } from '../files/durable-file.ts';
import { explainFailure } from '../files/explain-failure.ts';
import { withFolderLock } from '../files/folder-lock.ts';
import { requireUnused } from '../files/require-unused.ts';
import { look, moveSidecars } from '../files/swap-database.ts';
import { moveEntries } from '../files/upload-entries.ts';
import { restoreFolders } from '../restore/restore-folders.ts';
import {
  isSameFile,
  type RestorePlace,
  type RestoreRecord,
  readRestoreRecord,
  writeRestoreRecord,
} from '../restore/restore-record.ts';
import { settleIfReadable } from '../restore/settle-if-readable.ts';

const operation = 'takeBackRestored';

/**
 * Puts the old database and uploads back by renames; what took their place lies in `discarded` and
 * `discarded-uploads`, nothing is deleted. FDTS must be stopped. Does nothing when nothing was swapped. Repeating it goes
 * on where it was cut off.
 */
export async function takeBackRestored(place: RestorePlace): Promise<{ restored: boolean }> {
  const { asideDir, database, runId } = place;
  try {
    return await withFolderLock(operation, dirname(database), async () => {
      let record = await readRestoreRecord(asideDir);
      if (record === undefined || record.phase === 'staged') return { restored: false };
      if (record.runId !== runId) throw refuse('NOT_OURS', asideDir, `it belongs to run ${record.runId}`);
      if (record.phase === 'done')
        throw refuse('USERS_ARE_IN', asideDir, 'users have written to the restored data');
      if (record.phase === 'taken-back') return { restored: true };
      await requireUnused(operation, database);
      if (record.phase === 'prepared') record = await enter({ ...record, phase: 'cleared' }, asideDir);
      if (record.phase === 'emptied' || record.phase === 'swapped')
        record = await enter({ ...record, phase: 'returning' }, asideDir);
      if (record.phase === 'returning') record = await moveRestoredOut(record, asideDir);
      await moveOldIn(record, asideDir);
      return { restored: true };
    });
  } catch (cause) {
    throw explainFailure(operation, cause, database);
  }
}

async function moveRestoredOut(record: RestoreRecord, asideDir: string): Promise<RestoreRecord> {
  const { database, uploads, uploadsAside, original } = record;
  const { discarded, discardedUploads } = restoreFolders(asideDir, uploadsAside);
  for (const folder of [discarded, discardedUploads]) await mkdir(folder, { recursive: true, mode: 0o750 });
  if (!record.keepsUploads)
    await moveEntries(operation, { from: uploads, to: discardedUploads, stays: record.stays });
  if ((await exists(database)) && !isSameFile(await look(database), original)) {
    await settleIfReadable(operation, database);
    const kept = join(discarded, 'database.sqlite');
    if (!(await exists(kept))) await link(database, kept);
    await moveSidecars(database, kept);
  }
  for (const folder of [discarded, discardedUploads, asideDir, uploadsAside, dirname(database), uploads])
    await syncFolder(folder);
  return enter({ ...record, phase: 'cleared' }, asideDir);
}

async function moveOldIn(record: RestoreRecord, asideDir: string): Promise<void> {
  const { database, uploads, uploadsAside, original } = record;
  const folders = restoreFolders(asideDir, uploadsAside);
  const aside = originalIn(asideDir);
  if (await exists(folders.oldUploads))
    await moveEntries(operation, { from: folders.oldUploads, to: uploads });
  if (original === null) await rm(database, { force: true });
  // A rename onto another name of the same file does nothing, and leaves both names.
  else if (isSameFile(await look(database), original)) await rm(aside, { force: true });
  else {
    if (!isSameFile(await look(aside), original))
      throw refuse('ASIDE_CHANGED', aside, 'it is not the database that was set aside');
    await rename(aside, database);
  }
  await moveSidecars(aside, database);
  for (const folder of [asideDir, dirname(database), uploads]) await syncFolder(folder);
  if (await exists(folders.oldUploads)) await syncFolder(folders.oldUploads);
  await enter({ ...record, phase: 'taken-back' }, asideDir);
}

async function enter(record: RestoreRecord, asideDir: string): Promise<RestoreRecord> {
  await writeRestoreRecord(asideDir, record);
  return record;
}

function refuse(code: string, target: string, cause: string): OperationError {
  const hint = 'nothing was deleted: look there, and at the report of the run';
  return new OperationError({ code, operation, target, cause, hint, retryable: false });
}
