import { lstat } from 'node:fs/promises';
import { listUploadEntries } from '../files/walk-uploads.ts';

/** In bytes; `ofUploads` is the part of them for the uploads and what an archive has besides. */
export interface RoomForBackup {
  readonly bytes: number;
  readonly ofUploads: number;
}

/** How much room a backup asks for before it begins: the snapshot, and an archive that could not be compressed at all. */
export async function roomForBackup({
  database,
  uploads,
  without,
}: {
  database: string;
  uploads: string;
  without?: readonly string[] | undefined;
}): Promise<RoomForBackup> {
  const { size } = await lstat(database);
  const ofUploads = (await uploadBytes(uploads, without)) + (16 << 20);
  return { bytes: 2 * size + ofUploads, ofUploads };
}

/** An upper bound for the archive of them: what they hold, and headers and padding. */
async function uploadBytes(uploads: string, without?: readonly string[]): Promise<number> {
  const entries = await listUploadEntries(uploads, { without });
  return entries.reduce((sum, { size }) => sum + size + 1_536, 0);
}
