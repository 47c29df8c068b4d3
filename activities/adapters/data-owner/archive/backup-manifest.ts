import { open, readFile } from 'node:fs/promises';
import { basename } from 'node:path';
import { isLoss, type UploadWarning } from '../files/upload-problem.ts';
import type { Pace } from '../pace.ts';
import type { UserAndGroup } from '../restore/choose-owner.ts';
import type { DatabaseFacts } from '../sqlite/database-facts.ts';

/** One uploaded file in a backup. */
export interface BackedUpFile {
  path: string;
  size: number;
  sha256: string;
}

/** The database in a backup. */
export type BackedUpDatabase = Pick<
  DatabaseFacts,
  'tables' | 'userVersion' | 'schemaHash' | 'journalMode'
> & {
  bytes: number;
  sha256: string;
  /**
   * Rows that referred to a row that was not there, in the live database at that moment. Left out by versions that did not
   * count them, and where damage kept them from being counted.
   */
  foreignKeyViolations?: number;
};

/** The file `<archive>.manifest.json`: what a backup must contain. It names users' files and stays on the host. */
export interface BackupManifest {
  format: 1;
  /** UTC, ISO 8601: the moment of the database snapshot. */
  createdAt: string;
  runId: string;
  /** The name of the host that made it; left out by versions that did not note it. */
  host?: string;
  /** File name of the archive. */
  archive: string;
  bytes: number;
  sha256: string;
  database: BackedUpDatabase;
  uploads: {
    count: number;
    bytes: number;
    /** Whom the uploads belonged to; left out by versions that did not note it. */
    owners?: UploadOwners;
    entries: BackedUpFile[];
  };
  warnings: UploadWarning[];
  sqliteVersion: string;
  /** Left out by versions that did not write it. */
  made?: HowItWasMade;
}

/** Whom the uploads of a backup belonged to, in numbers of that host. */
export interface UploadOwners {
  /** The owner of the data. */
  owner: UserAndGroup;
  /** The other users and groups that files or folders belonged to. */
  others: UserAndGroup[];
}

/** How an archive was made. */
export interface HowItWasMade {
  pace: Pace;
  /** The limit that it was made under; null for none. */
  megabytesPerSecond: number | null;
  /** `igzip`, or `zlib` with the reason why not igzip. */
  compressedBy: string;
}

/** The manifest without the names of users' files: what may leave the host. Warnings are counted by kind. */
export type BackupRecord = Omit<BackupManifest, 'uploads' | 'warnings' | 'archive'> & {
  /** Full path of the archive. */
  archive: string;
  /** Full path of the manifest. */
  manifest: string;
  uploads: { count: number; bytes: number };
  /** Whether content of users is missing: a file kept moving, shrank or may not be read. The warnings count them. */
  partial: boolean;
  /** Such as `2 uploads skipped: may not be read by the owner of the data`; the manifest says which. */
  warnings: string[];
};

/** Where the manifest of an archive lies. */
export function manifestPathOf(archive: string): string {
  return `${archive}.manifest.json`;
}

/** Reads a manifest, or undefined when there is none. Throws when it is not one of ours. */
export async function readManifest(path: string): Promise<BackupManifest | undefined> {
  const text = await readFile(path, 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return undefined;
    throw error;
  });
  if (text === undefined) return undefined;
  const manifest = parse(text);
  const isWhole =
    manifest?.format === 1 &&
    typeof manifest.sha256 === 'string' &&
    typeof manifest.bytes === 'number' &&
    typeof manifest.database?.sha256 === 'string' &&
    typeof manifest.database.tables === 'object' &&
    Array.isArray(manifest.uploads?.entries);
  if (!isWhole || manifest === undefined)
    throw new Error('the manifest is not a whole fdts-ops manifest of format 1');
  return manifest;
}

/** More than stands before what names tables and files, which can be megabytes. */
const HEAD_BYTES = 4096;

/** When an archive was made, and by which host, by the head of its manifest; null where that is damaged, or another archive's. */
export async function originOf(archive: string): Promise<{ createdAt: Date | null; host: string | null }> {
  const manifest = parseHead(await readHead(manifestPathOf(archive)).catch(() => ''));
  if (manifest?.format !== 1 || manifest.archive !== basename(archive))
    return { createdAt: null, host: null };
  const createdAt = new Date(manifest.createdAt ?? '');
  const isTime = !Number.isNaN(createdAt.getTime()) && createdAt.toISOString() === manifest.createdAt;
  return { createdAt: isTime ? createdAt : null, host: manifest.host ?? null };
}

async function readHead(path: string): Promise<string> {
  const file = await open(path);
  try {
    const { buffer, bytesRead } = await file.read(Buffer.alloc(HEAD_BYTES), 0, HEAD_BYTES, 0);
    return buffer.toString('utf8', 0, bytesRead);
  } finally {
    await file.close();
  }
}

function parseHead(head: string): Partial<BackupManifest> | undefined {
  const end = head.indexOf(',\n "database":');
  return end === -1 ? undefined : parse(`${head.slice(0, end)}}`);
}

/** Takes the names of users' files out of a manifest. */
export function toRecord(manifest: BackupManifest, archive: string): BackupRecord {
  const { count, bytes } = manifest.uploads;
  const kinds = new Map<string, number>();
  for (const { what } of manifest.warnings) kinds.set(what, (kinds.get(what) ?? 0) + 1);
  const warnings = [...kinds].map(([what, times]) => `${times} upload${times === 1 ? '' : 's'} ${what}`);
  return {
    ...manifest,
    archive,
    manifest: manifestPathOf(archive),
    uploads: { count, bytes },
    partial: manifest.warnings.some(isLoss),
    warnings,
  };
}

function parse(text: string): BackupManifest | undefined {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
