import { statSync } from 'node:fs';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { errorCode } from '../../error-code.ts';
import { OperationError } from '../../operation-error.ts';

/**
 * Runs `work` while no other operation of ours works in the folder: two attempts of one step do overlap when a server
 * comes back. The kernel drops the lock when the process dies, so a killed attempt never blocks the next. SQLite's own
 * lock on an empty file is used because Node has no flock; the empty file stays.
 */
export async function withFolderLock<T>(
  operation: string,
  folder: string,
  work: () => Promise<T>,
): Promise<T> {
  const path = join(folder, '.fdts-ops.lock');
  statSync(folder);
  const lock = new Database(path, { timeout: 15_000 });
  try {
    lock.exec('BEGIN EXCLUSIVE');
  } catch (cause) {
    lock.close();
    throw new OperationError({
      code: 'BUSY',
      operation,
      target: folder,
      cause: errorCode(cause) === 'SQLITE_BUSY' ? 'another operation of fdts-ops is at work here' : cause,
      hint: 'wait for the other run to end, then repeat',
      retryable: true,
    });
  }
  try {
    return await work();
  } finally {
    lock.close();
  }
}
