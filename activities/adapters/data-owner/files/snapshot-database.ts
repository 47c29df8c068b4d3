import { rm } from 'node:fs/promises';
import type { OperationContext } from '../child-messages.ts';
import { readDatabase, sidecarsOf } from '../sqlite/open-database.ts';

/** Pages in one step of the backup: 16 MB of 4096, so that progress and cancelling stay alive in between. */
const pagesInOneStep = 4_096;

/**
 * Copies a live database as it is at one commit. A read transaction is pinned first: without it every write of the app
 * starts the copy again from page 1 and it never ends on a busy app. The pin lasts for the copy only, since the log
 * cannot be reset meanwhile. The copy is replaced when it exists; a kill leaves a partial one.
 */
export async function snapshotDatabase(
  operation: string,
  source: string,
  copy: string,
  { signal, onProgress }: OperationContext,
): Promise<{ takenAt: Date }> {
  await removeDatabase(copy);
  let takenAt = new Date();
  let total = 0;
  const phase = 'database snapshot';
  await readDatabase(operation, source, async (database) => {
    database.exec('BEGIN');
    const pageSize = Number(database.pragma('page_size', { simple: true }));
    database.prepare('SELECT count(*) FROM sqlite_schema').get();
    takenAt = new Date();
    await database.backup(copy, {
      progress: ({ totalPages, remainingPages }) => {
        signal.throwIfAborted();
        total = totalPages * pageSize;
        onProgress({ phase, bytes: total - remainingPages * pageSize, totalBytes: total });
        return pagesInOneStep;
      },
    });
    database.exec('COMMIT');
    onProgress({ phase, bytes: total, totalBytes: total });
  });
  return { takenAt };
}

/** Removes a database that is not in use, with the files that SQLite keeps beside it. */
export async function removeDatabase(path: string): Promise<void> {
  for (const file of [path, ...sidecarsOf(path)]) await rm(file, { force: true });
}

/** Removes what reading left beside a private copy that nobody writes to. */
export async function removeSidecars(path: string): Promise<void> {
  for (const file of sidecarsOf(path)) await rm(file, { force: true });
}
