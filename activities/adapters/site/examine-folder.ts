import { type FileHandle, lstat, open, opendir, stat } from 'node:fs/promises';
import path from 'node:path';
import { mountPoint } from './mount-point.ts';

/** A database that was found by what it begins with, not by its name. */
export type FoundDatabase = {
  readonly file: string;
  readonly uid: number;
  readonly gid: number;
  readonly bytes: number;
  /** A log beside it: some program has it open, or had. */
  readonly hasLog: boolean;
  readonly modifiedAt: number;
};

/** What is in a folder (or in a single file that is mounted), as far as the roles of folders show. */
export type FolderFacts = {
  readonly path: string;
  readonly kind: 'folder' | 'file' | 'missing';
  /** The mount that it is on. */
  readonly mount: string | null;
  readonly databases: readonly FoundDatabase[];
  /** Files that are named as fdts-ops and the runbook name backups. */
  readonly backups: number;
  /** Other archives. */
  readonly otherArchives: number;
  readonly files: number;
  /** Names of the folders directly in it. */
  readonly folders: readonly string[];
};

const DEPTH = 3;
const MOST_ENTRIES = 20_000;
const MAGIC = 'SQLite format 3\0';

/** Looks into a folder, three levels deep and at a bounded number of entries. Changes nothing, follows no link. */
export const examineFolder = async (folder: string): Promise<FolderFacts> => {
  const there = await stat(folder).catch(() => null);
  const mount = await mountPoint(folder);
  const seen: Seen = { databases: [], backups: 0, otherArchives: 0, files: 0, folders: [], entries: 0 };
  const facts = (kind: FolderFacts['kind']): FolderFacts => {
    const { entries: _, ...found } = seen;
    return { path: folder, kind, mount, ...found };
  };
  if (there === null) return facts('missing');
  if (!there.isDirectory()) {
    if (there.isFile()) await lookAtFile(folder, seen);
    return facts('file');
  }
  await walk(folder, 1, seen);
  return facts('folder');
};

type Seen = {
  databases: FoundDatabase[];
  backups: number;
  otherArchives: number;
  files: number;
  folders: string[];
  entries: number;
};

const walk = async (folder: string, depth: number, seen: Seen): Promise<void> => {
  const entries = await opendir(folder).catch(() => null);
  if (entries === null) return;
  for await (const entry of entries) {
    seen.entries += 1;
    if (seen.entries > MOST_ENTRIES) return;
    const file = path.join(folder, entry.name);
    if (entry.isFile()) await lookAtFile(file, seen);
    if (!entry.isDirectory()) continue;
    if (depth === 1) seen.folders.push(entry.name);
    if (depth < DEPTH) await walk(file, depth + 1, seen);
  }
};

const lookAtFile = async (file: string, seen: Seen): Promise<void> => {
  const name = path.basename(file);
  seen.files += 1;
  if (/^fdts_backup_.*\.tar\.gz$/.test(name)) seen.backups += 1;
  else if (/\.(tar|tgz|tar\.\w+|zip|gz|dump|bak)$/.test(name)) seen.otherArchives += 1;
  if (/-(wal|shm|journal)$/.test(name) || !(await beginsAsDatabase(file))) return;
  const { uid, gid, size, mtimeMs } = await lstat(file);
  const hasLog = await lstat(`${file}-wal`).then(
    () => true,
    () => false,
  );
  seen.databases.push({ file, uid, gid, bytes: size, hasLog, modifiedAt: mtimeMs });
};

/** Whether a file is an SQLite database by its first bytes. */
const beginsAsDatabase = async (file: string): Promise<boolean> => {
  let handle: FileHandle | undefined;
  try {
    handle = await open(file, 'r');
    const { bytesRead, buffer } = await handle.read(Buffer.alloc(MAGIC.length), 0, MAGIC.length, 0);
    return bytesRead === MAGIC.length && buffer.toString('latin1') === MAGIC;
  } catch {
    return false;
  } finally {
    await handle?.close();
  }
};
