import { errorCode } from '../../error-code.ts';
import { OperationError } from '../../operation-error.ts';
import { needsTheApp } from '../sqlite/error-kinds.ts';

/** Turns whatever an operation threw (SQLite, file system, abort) into an OperationError with a code and a next step. */
export function explainFailure(operation: string, cause: unknown, target?: string): OperationError {
  if (cause instanceof OperationError) return cause;
  const rawCode = errorCode(cause);
  const path = target ?? (cause instanceof Error && 'path' in cause ? String(cause.path) : 'files');
  const known = explanations.find(({ codes }) => codes.test(rawCode));
  if (known !== undefined) return new OperationError({ ...known, operation, target: path, cause });
  if (needsTheApp(cause)) return new OperationError({ ...ofTheApp, operation, target: path, cause });
  const wasStopped = rawCode === 'ABORT_ERR' || cause instanceof StoppedError;
  return new OperationError({
    code: wasStopped ? 'STOPPED' : 'UNEXPECTED',
    operation,
    target: path,
    cause,
    hint: 'repeat the step; if it fails the same way, keep the message and the files and ask for help',
    retryable: true,
  });
}

/** The reason with which a child stops what it does when its parent asks it to. */
export class StoppedError extends Error {
  override readonly name = 'StoppedError';

  constructor() {
    super('stopped by the worker');
  }
}

const ofTheApp = {
  code: 'NEEDS_THE_APP',
  hint: 'the app brings a collation or a function along that this SQLite does not have: only the app can do this; nothing was changed',
  retryable: false,
} as const;

const explanations = [
  {
    // A reader of a database that its app has closed makes the -shm anew.
    codes: /^(SQLITE_FULL|SQLITE_IOERR_SHMSIZE|ENOSPC|EDQUOT)/,
    code: 'DISK_FULL',
    hint: 'free space on this file system, then start again; nothing of the original was changed',
    retryable: false,
  },
  {
    codes:
      /^(EIO|SQLITE_IOERR(_(READ|SHORT_READ|CORRUPTFS|DATA|WRITE|FSYNC|DIR_FSYNC|TRUNCATE|DELETE|DELETE_NOENT))?)$/,
    code: 'DISK_ERROR',
    hint: 'the disk reported an error: see dmesg and its SMART state before anything else is written to it',
    retryable: false,
  },
  {
    codes: /^SQLITE_IOERR_/,
    code: 'MACHINE_ERROR',
    hint: 'SQLite could not get what it needs from this machine (memory, a lock, a file beside the database), which says nothing about the database: see dmesg and the rights in its folder, then repeat',
    retryable: true,
  },
  {
    codes: /^SQLITE_READONLY_(ROLLBACK|RECOVERY)/,
    code: 'DATABASE_NOT_SETTLED',
    hint: 'a process was killed in the middle of a write; start the app, which takes that write back, then repeat',
    retryable: true,
  },
  {
    codes: /^(SQLITE_BUSY|SQLITE_LOCKED)/,
    code: 'DATABASE_IN_USE',
    hint: 'another process holds the database; find it with lsof and wait for it or stop it',
    retryable: true,
  },
  {
    codes: /^SQLITE_NOTADB/,
    code: 'NOT_A_DATABASE',
    hint: 'the file is not an SQLite database; check the path in the configuration',
    retryable: false,
  },
  {
    codes: /^SQLITE_CORRUPT/,
    code: 'DATABASE_CORRUPT',
    hint: 'fdts-ops start databaseCorruption',
    retryable: false,
  },
  {
    codes: /^(EACCES|EPERM|EROFS|SQLITE_CANTOPEN|SQLITE_READONLY|SQLITE_PERM)/,
    code: 'NO_PERMISSION',
    hint: 'check that the configured owner may read and write this path, and that it is mounted writable',
    retryable: false,
  },
  {
    codes: /^(ENOENT|ENOTDIR)$/,
    code: 'NOT_FOUND',
    hint: 'check the path in the configuration; nothing was created',
    retryable: false,
  },
  {
    codes: /^EEXIST$/,
    code: 'ALREADY_EXISTS',
    hint: 'another file has this name and is never overwritten; move it away or use another name',
    retryable: false,
  },
  {
    codes: /^EXDEV$/,
    code: 'OTHER_FILE_SYSTEM',
    hint: 'use a folder on the same file system as the database',
    retryable: false,
  },
] as const;
