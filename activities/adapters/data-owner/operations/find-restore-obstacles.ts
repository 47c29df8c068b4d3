import { lstat } from 'node:fs/promises';
import { dirname } from 'node:path';
import { readManifest } from '../archive/backup-manifest.ts';
import { explainFailure } from '../files/explain-failure.ts';
import { walkUploads } from '../files/walk-uploads.ts';
import { findObstacles, type Obstacle } from '../restore/require-movable.ts';
import { freeSpace } from './free-space.ts';

/** What a restore finds where it is to put the data. */
export interface RestoreGround {
  obstacles: Obstacle[];
  /** 0 when it is missing. */
  databaseBytes: number;
  uploads: { count: number; bytes: number };
  /** Free space for ordinary users; the same number twice when both are one file system. */
  freeBytes: { database: number; uploads: number };
  /** Whether database and uploads share one file system. */
  oneFileSystem: boolean;
  /** Of the database in the backup, by its manifest; null without one, or when staging will find it damaged. */
  archiveSchema: { schemaHash: string; userVersion: number } | null;
  /** How much there is to extract, by its manifest; null without one, or when it does not say. */
  archiveContent: { databaseBytes: number; uploadBytes: number } | null;
}

/** Looks at the place of a restore before anything is changed. Reads only. */
export async function findRestoreObstacles(place: {
  database: string;
  uploads: string;
  without?: readonly string[];
  asideDir: string;
  /** Of the backup that is to be restored. */
  manifest?: string;
}): Promise<RestoreGround> {
  const { database, uploads, manifest } = place;
  try {
    const obstacles = await findObstacles(place);
    const [folder, uploadsFolder] = [await nearest(dirname(database)), await nearest(uploads)];
    const files = { count: 0, bytes: 0 };
    if (uploadsFolder === uploads) {
      for await (const { isFolder, size } of walkUploads(uploads, { without: place.without })) {
        if (isFolder) continue;
        files.count += 1;
        files.bytes += size;
      }
    }
    return {
      obstacles,
      databaseBytes: (await lstat(database).catch(() => undefined))?.size ?? 0,
      uploads: files,
      freeBytes: {
        database: (await freeSpace({ path: folder })).freeBytes,
        uploads: (await freeSpace({ path: uploadsFolder })).freeBytes,
      },
      oneFileSystem: (await lstat(folder)).dev === (await lstat(uploadsFolder)).dev,
      ...(await saidBy(manifest)),
    };
  } catch (cause) {
    throw explainFailure('findRestoreObstacles', cause, database);
  }
}

async function saidBy(
  path: string | undefined,
): Promise<Pick<RestoreGround, 'archiveSchema' | 'archiveContent'>> {
  const manifest = path === undefined ? undefined : await readManifest(path).catch(() => undefined);
  if (manifest === undefined) return { archiveSchema: null, archiveContent: null };
  const { schemaHash, userVersion, bytes: databaseBytes } = manifest.database;
  const { bytes: uploadBytes } = manifest.uploads;
  const isSaid = Number.isSafeInteger(databaseBytes) && Number.isSafeInteger(uploadBytes);
  return {
    archiveSchema: { schemaHash, userVersion },
    archiveContent: isSaid ? { databaseBytes, uploadBytes } : null,
  };
}

/** The folder itself, or the nearest one above it that is there. */
async function nearest(folder: string): Promise<string> {
  const found = await lstat(folder).catch(() => undefined);
  return found === undefined && folder !== '/' ? nearest(dirname(folder)) : folder;
}
