import { createHash } from 'node:crypto';
import { lstat } from 'node:fs/promises';
import type { OperationContext } from '../child-messages.ts';
import { readChunks } from '../files/read-chunks.ts';
import type { BackupManifest } from './backup-manifest.ts';
import { memberNames } from './backup-tar.ts';
import { BrokenArchiveError } from './broken-archive-error.ts';
import { checkUploads } from './check-uploads.ts';
import { extractDatabase } from './extract-database.ts';
import type { UploadExtraction } from './extract-uploads.ts';
import { gunzipWhole, mostFrom } from './gunzip-whole.ts';
import { type ReadEntry, readTar } from './read-tar.ts';
import { readingArchive, readingPieces } from './unreadable-archive.ts';
import type { UploadNames } from './upload-names.ts';

/** What one pass over an archive found. The database member lies at the path that was given. */
export interface CheckedArchive {
  bytes: number;
  sha256: string;
  database: { bytes: number; sha256: string };
  uploads: { count: number; bytes: number };
}

/** What to read, what to compare it with, and where to put what is in it. */
export interface ArchiveCheck {
  archive: string;
  /** Must not exist. */
  databaseFile: string;
  syncDatabase: boolean;
  manifest: BackupManifest | undefined;
  extraction: UploadExtraction | undefined;
  /** Called with the names of all uploads in it once they are read. */
  onUploadNames?: ((names: UploadNames) => Promise<void>) | undefined;
  /** Called when the database is out and is the one in the manifest, while the uploads are still to be read. */
  onDatabase: (database: { bytes: number; sha256: string }) => void;
}

/**
 * Reads an archive once: hash, gzip, tar, member names, uploads; the database is written to `databaseFile`. Reasons to
 * refuse the archive are pushed to `reasons`; only failures of this machine are thrown, `BACKUP_UNREADABLE` for one that
 * keeps this archive from being read.
 */
export async function checkArchive(
  check: ArchiveCheck,
  reasons: string[],
  { signal, onProgress }: OperationContext,
): Promise<CheckedArchive> {
  const { archive, manifest } = check;
  const { size: totalBytes } = await readingArchive(archive, () => lstat(archive));
  const hash = createHash('sha256');
  const checked: CheckedArchive = {
    bytes: 0,
    sha256: '',
    database: { bytes: 0, sha256: '' },
    uploads: { count: 0, bytes: 0 },
  };
  async function* read(): AsyncGenerator<Buffer> {
    for await (const piece of readingPieces(archive, readChunks(archive))) {
      signal.throwIfAborted();
      hash.update(piece);
      checked.bytes += piece.length;
      onProgress({ phase: 'reading the archive', bytes: checked.bytes, totalBytes });
      yield piece;
    }
  }
  const announced = manifest === undefined ? 0 : manifest.database.bytes + manifest.uploads.bytes;
  const mostBytes = mostFrom(totalBytes, announced);
  try {
    const tar = readTar('the archive', gunzipWhole('the archive', read(), announced), {
      renames: false,
      mostBytes,
    });
    await checkMembers(tar, { ...check, checked }, reasons);
  } catch (error) {
    if (!(error instanceof BrokenArchiveError)) throw error;
    reasons.push(error.message);
    return checked;
  }
  checked.sha256 = hash.digest('hex');
  if (manifest !== undefined) compare(checked, manifest, reasons);
  return checked;
}

async function checkMembers(
  tar: AsyncIterable<ReadEntry>,
  target: ArchiveCheck & { checked: CheckedArchive },
  reasons: string[],
): Promise<void> {
  const { checked } = target;
  const seen = new Set<string>();
  for await (const entry of tar) {
    const member = entry.name.replace(/^\.\//, '');
    if (entry.isFolder || !(memberNames as readonly string[]).includes(member)) {
      throw new BrokenArchiveError(`the archive has another member than ${memberNames.join(' and ')}`);
    }
    if (seen.has(member)) throw new BrokenArchiveError(`the archive: ${member} is there twice`);
    seen.add(member);
    if (member === 'database.sqlite') checked.database = await extractDatabase(entry, target);
    else checked.uploads = await checkUploads(entry, target, reasons);
  }
  for (const member of memberNames)
    if (!seen.has(member)) throw new BrokenArchiveError(`the archive: ${member} is missing`);
}

function compare(checked: CheckedArchive, manifest: BackupManifest, reasons: string[]): void {
  const pairs = [
    ['the archive has another size', checked.bytes, manifest.bytes],
    ['the archive has another sha256', checked.sha256, manifest.sha256],
    ['the database has another sha256', checked.database.sha256, manifest.database.sha256],
  ] as const;
  for (const [what, got, expected] of pairs) {
    if (got !== expected) reasons.push(`${what} than the manifest says (got ${got}, expected ${expected})`);
  }
}
