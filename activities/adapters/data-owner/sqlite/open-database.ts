import { existsSync, lstatSync } from 'node:fs';
import Database from 'better-sqlite3';
import { OperationError } from '../../operation-error.ts';
import { requireFixedLibrary } from './library-version.ts';

/** How long a statement waits for another process's lock, in milliseconds. */
const lockWaitMs = 10_000;

/**
 * Runs `work` on a database that must exist, without ever writing to it. The schema is not trusted (the file may come
 * from anywhere) and cells are checked. A read-only connection leaves an empty -wal behind when it was the last one;
 * what was not there before is gone after.
 */
export async function readDatabase<T>(
  operation: string,
  path: string,
  work: (database: Database.Database) => T | Promise<T>,
): Promise<T> {
  requireDatabaseFile(operation, path);
  const hadLog = existsSync(`${path}-wal`);
  const database = new Database(path, { readonly: true, fileMustExist: true, timeout: lockWaitMs });
  try {
    distrust(database);
    return await work(database);
  } finally {
    database.close();
    if (!hadLog && existsSync(`${path}-wal`)) letSqliteRemoveLog(path);
  }
}

/** Opens a database that must exist for changes. The caller closes it. */
export function openForChange(
  operation: string,
  path: string,
  waitMs: number = lockWaitMs,
): Database.Database {
  requireDatabaseFile(operation, path);
  const database = new Database(path, { fileMustExist: true, timeout: waitMs });
  distrust(database);
  return database;
}

/** The version of SQLite that this program brings along. */
export const ownSqliteVersion = askSqliteVersion();

function askSqliteVersion(): string {
  const database = new Database(':memory:');
  try {
    return database.prepare<[], string>('SELECT sqlite_version()').pluck().get() ?? '';
  } finally {
    database.close();
  }
}

/** The names of the files that SQLite keeps beside a database. */
export function sidecarsOf(path: string): string[] {
  return ['-wal', '-shm', '-journal'].map((suffix) => `${path}${suffix}`);
}

function requireDatabaseFile(operation: string, path: string): void {
  requireFixedLibrary(operation, path, ownSqliteVersion);
  const stat = lstatSync(path, { throwIfNoEntry: false });
  const refuse = (code: string, cause: string, hint: string) =>
    new OperationError({ code, operation, target: path, cause, hint, retryable: false });
  if (stat === undefined) {
    throw refuse(
      'DATABASE_MISSING',
      'there is no file; none was created',
      'check the path in the configuration',
    );
  }
  if (stat.isDirectory()) {
    throw refuse('NOT_A_FILE', 'got a folder, expected a file', 'name the file in it that is the database');
  }
  if (!stat.isFile()) {
    throw refuse('NOT_A_FILE', 'got a link, expected a file', 'give the real path of the database');
  }
  if (stat.size === 0) {
    throw refuse(
      'EMPTY_DATABASE',
      'the file has 0 bytes',
      'check the path, or restore the database from a backup',
    );
  }
}

function distrust(database: Database.Database): void {
  database.pragma('trusted_schema = OFF');
  database.pragma('cell_size_check = ON');
}

/** Closing the last writable connection makes SQLite itself delete the log; with another one open it stays, rightly. */
function letSqliteRemoveLog(path: string): void {
  try {
    const database = new Database(path, { fileMustExist: true, timeout: 0 });
    try {
      database.prepare('SELECT count(*) FROM sqlite_schema').get();
    } finally {
      database.close();
    }
  } catch {
    // The leftover is empty and belongs to the right user: not worth failing a read for.
  }
}
