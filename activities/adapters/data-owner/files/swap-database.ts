import { link, lstat, mkdir, rename } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { OperationError } from '../../operation-error.ts';
import { sidecarsOf } from '../sqlite/open-database.ts';
import { type AsideRecord, originalIn, whereOriginalIs, writeAsideRecord } from './aside-record.ts';
import { exists, syncFolder } from './durable-file.ts';

/** A file as it was looked at, to notice a change before the swap. */
export interface SeenFile {
  size: bigint;
  mtimeNs: bigint;
  ino: bigint;
  dev: bigint;
}

/** What `swapDatabase` puts in place, and what it knows of the original. */
export interface Swap {
  operation: string;
  asideDir: string;
  /** A finished, fsynced file in the folder of the database. */
  replacement: string;
  record: AsideRecord;
  /** The original when it was read; undefined when there was none. */
  seen: SeenFile | undefined;
}

/**
 * Puts a replacement in the place of the database and keeps the original, with what SQLite left beside it, in
 * `asideDir`. Order: record, hard link of the original, sidecars, one rename, each on the disk before the next; so there is
 * a database at the path at every moment, and never one with another one's log beside it, not even after a power cut. A kill in between is undone by `restoreAside` or
 * finished by repeating the operation.
 */
export async function swapDatabase({ operation, asideDir, replacement, record, seen }: Swap): Promise<void> {
  const { database } = record;
  await mkdir(asideDir, { mode: 0o750 }).catch(ignoreExisting);
  await syncFolder(dirname(asideDir));
  await writeAsideRecord(asideDir, record);
  const now = await look(database);
  if (now?.mtimeNs !== seen?.mtimeNs || now?.size !== seen?.size || now?.ino !== seen?.ino) {
    throw new OperationError({
      code: 'DATABASE_IN_USE',
      operation,
      target: database,
      cause: 'it was changed while its replacement was made',
      hint: 'stop whatever writes to it, then repeat; the original is in its place',
      retryable: true,
    });
  }
  if (seen !== undefined && (await whereOriginalIs(database, asideDir)) === 'in-place') {
    await link(database, originalIn(asideDir));
  }
  await moveSidecars(database, originalIn(asideDir));
  for (const folder of [asideDir, dirname(database)]) await syncFolder(folder);
  await rename(replacement, database);
  await syncFolder(dirname(database));
}

/** Moves -wal, -shm and -journal from beside one database to beside another; on a failure all are where they were. */
export async function moveSidecars(from: string, to: string): Promise<void> {
  const targets = sidecarsOf(to);
  const moved: [string, string][] = [];
  for (const [index, sidecar] of sidecarsOf(from).entries()) {
    const target = targets[index] ?? join(dirname(to), basename(sidecar));
    if (!(await exists(sidecar))) continue;
    try {
      await rename(sidecar, target);
      moved.push([sidecar, target]);
    } catch (error) {
      for (const [origin, moved_] of moved) await rename(moved_, origin);
      throw error;
    }
  }
}

/** Looks at a file; undefined when there is none. */
export async function look(path: string): Promise<SeenFile | undefined> {
  const stat = await lstat(path, { bigint: true }).catch(() => undefined);
  if (stat === undefined) return undefined;
  return { size: stat.size, mtimeNs: stat.mtimeNs, ino: stat.ino, dev: stat.dev };
}

function ignoreExisting(error: NodeJS.ErrnoException): void {
  if (error.code !== 'EEXIST') throw error;
}
