import { lstat, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { timeInName, timeOfSiteArchive } from '../archive/archive-time.ts';
import { manifestPathOf, originOf } from '../archive/backup-manifest.ts';
import { readVerifiedRecord } from '../archive/verified-record.ts';
import type { FoundBackup } from '../newest-backup.ts';

/**
 * The archives in a folder, newest first by when they were made; strangers' files and `.part` files are left out. That a
 * file is listed says that it is complete by name only; `verified` says that it was proven, and is still the same file.
 */
export async function listBackups({ directory }: { directory: string }): Promise<FoundBackup[]> {
  const names = new Set(await readdir(directory));
  const found = await Promise.all([...names].map((name) => describe(directory, name, names)));
  return found
    .filter((backup) => backup !== null)
    .sort((a, b) => b.createdAt.localeCompare(a.createdAt) || a.archive.localeCompare(b.archive));
}

async function describe(
  directory: string,
  name: string,
  names: ReadonlySet<string>,
): Promise<FoundBackup | null> {
  const inName = timeInName(name);
  if (inName === null) return null;
  const archive = join(directory, name);
  // One that retention removes at this moment is simply no longer there.
  const stat = await lstat(archive).catch(() => null);
  if (stat?.isFile() !== true) return null;
  const manifest = names.has(manifestPathOf(name));
  // The name says when the run began: one that waited for its window made its archive up to a month later.
  const origin = manifest ? await originOf(archive) : null;
  const madeAt = manifest ? (origin?.createdAt ?? inName) : timeOfSiteArchive(inName, stat.mtime);
  const record = await readVerifiedRecord(archive, stat);
  return {
    archive,
    manifest,
    source: manifest ? 'fdts-ops' : 'site',
    host: origin?.host ?? record?.host ?? null,
    bytes: stat.size,
    createdAt: madeAt.toISOString(),
    verified: record && {
      at: record.verifiedAt,
      mode: record.mode,
      sha256: record.sha256,
      partial: record.partial === true,
    },
  };
}
