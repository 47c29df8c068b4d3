import { lstat } from 'node:fs/promises';
import { listUploadEntries } from '../files/walk-uploads.ts';

/** How much room a backup asks for before it begins: the snapshot, and an archive that could not be compressed at all. */
export async function roomForBackup({
  database,
  uploads,
  without,
}: {
  database: string;
  uploads: string;
  without?: readonly string[] | undefined;
}): Promise<{ bytes: number }> {
  const { size } = await lstat(database);
  return { bytes: 2 * size + (await uploadBytes(uploads, without)) + (16 << 20) };
}

/** An upper bound for the archive of them: what they hold, and headers and padding. */
async function uploadBytes(uploads: string, without?: readonly string[]): Promise<number> {
  const entries = await listUploadEntries(uploads, { without });
  return entries.reduce((sum, { size }) => sum + size + 1_536, 0);
}
