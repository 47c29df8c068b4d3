import { rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { OperationError } from '../../operation-error.ts';
import { exists, syncFolder } from '../files/durable-file.ts';
import { explainFailure } from '../files/explain-failure.ts';
import { withFolderLock } from '../files/folder-lock.ts';
import { removeDatabase } from '../files/snapshot-database.ts';
import { restoreFolders } from '../restore/restore-folders.ts';
import { type RestorePlace, readRestoreRecord } from '../restore/restore-record.ts';

const operation = 'discardStaged';

/**
 * Removes what `stageRestore` made. Of a restore that was taken back it keeps what its smoke test may have changed; in
 * the middle of a swap it refuses, since users' data lies there. Repeating it is safe; a kill leaves less than before.
 */
export async function discardStaged({ database, uploads, asideDir, runId }: RestorePlace): Promise<null> {
  try {
    await withFolderLock(operation, dirname(database), async () => {
      const record = await readRestoreRecord(asideDir);
      if (record !== undefined && !['staged', 'taken-back'].includes(record.phase))
        throw inTheMiddle(asideDir, record.phase);
      const inUploads = join(uploads, `.fdts-ops-${runId}`);
      if (record?.phase !== 'taken-back') {
        for (const folder of [inUploads, asideDir]) await remove(folder);
        return;
      }
      const folders = restoreFolders(asideDir, record.uploadsAside);
      for (const folder of [folders.staging, folders.stagedUploads]) await remove(folder);
      await removeDatabase(folders.restoredCopy);
      for (const listing of [folders.stagedListing, folders.stagedOwners]) await rm(listing, { force: true });
    });
    return null;
  } catch (cause) {
    throw explainFailure(operation, cause, asideDir);
  }
}

async function remove(folder: string): Promise<void> {
  if (!(await exists(folder))) return;
  await rm(folder, { recursive: true });
  await syncFolder(dirname(folder));
}

function inTheMiddle(target: string, phase: string): OperationError {
  return new OperationError({
    code: 'RESTORE_UNDER_WAY',
    operation,
    target,
    cause: `the restore is ${phase}: the data of before lies there`,
    hint: 'sudo fdts-ops recover finishes the restore or takes it back',
    retryable: false,
  });
}
