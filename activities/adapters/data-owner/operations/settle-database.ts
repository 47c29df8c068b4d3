import { existsSync, statSync } from 'node:fs';
import { OperationError } from '../../operation-error.ts';
import { explainFailure } from '../files/explain-failure.ts';
import { openForChange, sidecarsOf } from '../sqlite/open-database.ts';

/**
 * Brings everything that was committed into the database file itself, so that the one file is whole: rolls back a
 * half-written transaction, checkpoints the log and proves that no -wal, -shm or -journal remains. The app must be
 * stopped; SQLite keeps the log as long as anyone has the database open, and that is reported as DATABASE_IN_USE.
 * Repeating it is safe; a kill leaves the log as it was.
 */
export async function settleDatabase({ database: path }: { database: string }): Promise<{
  bytes: number;
  journalMode: string;
}> {
  const operation = 'settleDatabase';
  try {
    const database = openForChange(operation, path, 2_000);
    let journalMode: string;
    try {
      database.prepare('SELECT count(*) FROM sqlite_schema').get();
      journalMode = String(database.pragma('journal_mode', { simple: true }));
      const checkpoint = database.prepare<[], { busy: number }>('PRAGMA wal_checkpoint(TRUNCATE)').get();
      if (checkpoint?.busy !== 0) throw inUse(path, 'a checkpoint was blocked by another process');
      database.exec('BEGIN EXCLUSIVE; ROLLBACK');
    } finally {
      database.close();
    }
    const left = sidecarsOf(path).filter((sidecar) => existsSync(sidecar));
    if (left.length > 0)
      throw inUse(path, `${left.join(', ')} stayed, so another process has the database open`);
    return { bytes: statSync(path).size, journalMode };
  } catch (cause) {
    throw explainFailure(operation, cause, path);
  }
}

function inUse(path: string, cause: string): OperationError {
  return new OperationError({
    code: 'DATABASE_IN_USE',
    operation: 'settleDatabase',
    target: path,
    cause,
    hint: 'stop the app, find other users of the file with lsof, then repeat',
    retryable: true,
  });
}
