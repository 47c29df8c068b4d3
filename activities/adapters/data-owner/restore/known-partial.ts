import { lstat } from 'node:fs/promises';
import { readingArchive } from '../archive/unreadable-archive.ts';
import { readVerifiedRecord } from '../archive/verified-record.ts';

/** What is said of an archive that was found partial, when what is seen now does not say what it lacks. */
export const KNOWN_PARTIAL =
  'PARTIAL: its verification found that it lacks some uploads, or has most of them at a wrong path; its own report says which';

/** Whether a verification found that an archive without a manifest is partial; undefined where none compared it. */
export async function knownPartial({
  archive,
  manifest,
}: {
  archive: string;
  manifest?: string;
}): Promise<boolean | undefined> {
  if (manifest !== undefined) return undefined;
  const found = await readingArchive(archive, () => lstat(archive));
  return (await readVerifiedRecord(archive, found))?.partial;
}
