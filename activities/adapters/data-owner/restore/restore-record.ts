import { readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { UploadOwners } from '../archive/backup-manifest.ts';
import { syncFolder, writeDurably } from '../files/durable-file.ts';
import type { SeenFile } from '../files/swap-database.ts';
import type { UploadDifference } from './uploads-not-in.ts';

/**
 * How far a restore is. Forward: `staged`, `prepared` (the old data moves out), `emptied` (the restored data moves in),
 * `swapped`, `done` (users are in). Back: `returning` (the restored data moves out), `cleared` (the old data moves in),
 * `taken-back`. In each of them it is certain whose the entries of the uploads folder are.
 */
export type RestorePhase =
  | 'staged'
  | 'prepared'
  | 'emptied'
  | 'swapped'
  | 'done'
  | 'returning'
  | 'cleared'
  | 'taken-back';

/** A staged backup, proven good. Nothing in it names a user's file. */
export interface StagedBackup {
  archive: string;
  bytes: number;
  sha256: string;
  /** UTC, ISO 8601: how old the data is. */
  createdAt: string;
  tables: Record<string, number>;
  userVersion: number;
  schemaHash: string;
  uploads: { count: number; bytes: number };
  /** Whom they belonged to; left out by versions that gave all to the owner of the data. */
  owners?: StagedOwners;
  /** Content of users was missing when the backup was made, or most of its uploads lie at a wrong path. */
  partial: boolean;
  /** Something said what it must have, so that `partial` says something; left out by versions that compared no archive without a manifest. */
  isCompared?: boolean;
  /** No manifest says that it is whole, so that its database alone takes the place of the live one; left out where it is swapped whole. */
  keepsUploads?: true;
  /** Remarks that are no reason to refuse it, such as a missing manifest. */
  findings: string[];
  /** Those of them that say what of its database no check could prove; left out by versions that did not tell them apart. */
  notProven?: string[];
}

/** What the archive and its manifest say of users and groups. */
export interface StagedOwners {
  /** Files and folders that belonged to somebody else than the owner of the data here; `readOwners` has them. */
  count: number;
  /** How many everybody may write, as in the backup. */
  writableByAll: number;
  /** From the manifest; null when it does not say. */
  before: UploadOwners | null;
}

/** A file by what a rename keeps; numbers as text, since they exceed a number's precision. */
export interface SameFile {
  ino: string;
  size: string;
  mtimeNs: string;
}

/** `restore.json` in the aside folder: written, fsynced, before each phase begins. */
export interface RestoreRecord {
  format: 1;
  runId: string;
  database: string;
  uploads: string;
  /** The folder on the uploads' own file system where the old and the new ones lie. */
  uploadsAside: string;
  phase: RestorePhase;
  /** Only the database is swapped: the uploads of users stay where they are. */
  keepsUploads: boolean;
  /** How those differed from the backup's before users were let in; left out where the salvage before the swap failed. */
  keptUploads?: UploadDifference;
  /** Names directly in the uploads folder that stay there, since no backup has them; left out by versions that moved all. */
  stays?: readonly string[];
  staged: StagedBackup;
  /** The database of before; null when there was none. Known from `prepared` on. */
  original: SameFile | null;
}

/** Full paths, as every operation of one restore gets them. */
export interface RestorePlace {
  database: string;
  uploads: string;
  /** Names directly in it that no backup has: `data.uploadsExclude`. */
  without?: readonly string[] | undefined;
  /** `.fdts-ops-…` beside the database, named after the run. */
  asideDir: string;
  runId: string;
}

export async function writeRestoreRecord(asideDir: string, record: RestoreRecord): Promise<void> {
  await writeDurably(recordFile(asideDir), JSON.stringify(record));
}

/** Before anything that it tells of is touched: a kill must leave no record of what is not there whole. */
export async function removeRestoreRecord(asideDir: string): Promise<void> {
  await rm(recordFile(asideDir), { force: true });
  await syncFolder(asideDir);
}

/** The record of a restore, or undefined when none was staged there. */
export async function readRestoreRecord(asideDir: string): Promise<RestoreRecord | undefined> {
  const text = await readFile(recordFile(asideDir), 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return undefined;
    throw error;
  });
  const record: RestoreRecord | undefined = text === undefined ? undefined : JSON.parse(text);
  return record;
}

/** What a rename keeps of a file. */
export function identityOf({ ino, size, mtimeNs }: SeenFile): SameFile {
  return { ino: String(ino), size: String(size), mtimeNs: String(mtimeNs) };
}

/** Whether a file is the one that was recorded, byte for byte as far as a rename can tell. */
export function isSameFile(file: SeenFile | undefined, recorded: SameFile | null): boolean {
  if (file === undefined || recorded === null) return false;
  const { ino, size, mtimeNs } = identityOf(file);
  return ino === recorded.ino && size === recorded.size && mtimeNs === recorded.mtimeNs;
}

function recordFile(asideDir: string): string {
  return join(asideDir, 'restore.json');
}
