import { lstat } from 'node:fs/promises';
import { explainFailure } from '../files/explain-failure.ts';
import { readListing, writeListing } from '../files/upload-listing.ts';
import { walkUploads } from '../files/walk-uploads.ts';

/** Both are full paths; the folder of `listing` must exist. */
export interface ListUploadsArgs {
  uploads: string;
  /** The file to write: one JSON line for each upload. */
  listing: string;
}

/**
 * Writes down which uploads there are, so that a rollback can tell those that came later. A listing that is there
 * already is kept: an attempt repeated later must not take newer files for known ones. A kill leaves a `.part` file.
 */
export async function listUploads({ uploads, listing }: ListUploadsArgs): Promise<{
  count: number;
  bytes: number;
  listing: string;
}> {
  try {
    const isThere = (await lstat(listing).catch(() => undefined)) !== undefined;
    if (!isThere) {
      const known = [];
      for await (const { path, size, mtimeNs, isFolder } of walkUploads(uploads)) {
        if (!isFolder) known.push({ path, size, mtimeNs });
      }
      await writeListing(listing, known);
    }
    const entries = await readListing(listing);
    return { count: entries.length, bytes: entries.reduce((sum, { size }) => sum + size, 0), listing };
  } catch (cause) {
    throw explainFailure('listUploads', cause);
  }
}
