import { closeSync, openSync, readSync } from 'node:fs';
import { OperationError } from '../../operation-error.ts';

/**
 * Whether a library of this version can corrupt a database that two programs have open: a checkpoint and a commit of
 * two connections at one instant (sqlite.org/wal.html#walresetbug). Fixed in 3.51.3, and in 3.50.7 for that series.
 */
export function hasWalResetBug(version: string): boolean {
  const [major = 0, minor = 0, patch = 0] = version.split('.').map(Number);
  const number = major * 1_000_000 + minor * 1_000 + patch;
  if (number < 3_007_000) return false;
  return number < 3_050_007 || (number >= 3_051_000 && number < 3_051_003);
}

/** Throws before a live database is opened by a library that could corrupt it. */
export function requireFixedLibrary(operation: string, path: string, version: string): void {
  if (!hasWalResetBug(version)) return;
  throw new OperationError({
    code: 'SQLITE_TOO_OLD',
    operation,
    target: path,
    cause: `this program's SQLite is ${version}, which can corrupt a database that the app has open`,
    hint: 'install the better-sqlite3 that package-lock.json names (SQLite 3.51.3 or newer), then repeat',
    retryable: false,
  });
}

const versionOffset = 96;

/**
 * The library that last wrote the first page of a database, from the file's header; null for a file without one. Only
 * before this process opens the database: closing any descriptor of it would drop SQLite's locks.
 */
export function lastWrittenBy(path: string): string | null {
  const header = Buffer.alloc(versionOffset + 4);
  const file = openSync(path, 'r');
  try {
    if (readSync(file, header, 0, header.length, 0) < header.length) return null;
  } finally {
    closeSync(file);
  }
  const number = header.readUInt32BE(versionOffset);
  if (number === 0) return null;
  return [Math.floor(number / 1_000_000), Math.floor(number / 1_000) % 1_000, number % 1_000].join('.');
}
