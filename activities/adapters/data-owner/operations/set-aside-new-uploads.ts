import { mkdir } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { exists, syncFolder } from '../files/durable-file.ts';
import { explainFailure } from '../files/explain-failure.ts';
import { moveWhole } from '../files/move-whole.ts';
import { readListing } from '../files/upload-listing.ts';
import { bytesOf } from '../files/upload-name.ts';
import { walkUploads } from '../files/walk-uploads.ts';

/** All are full paths. */
export interface SetAsideNewUploadsArgs {
  uploads: string;
  /** What `listUploads` wrote. */
  knownListing: string;
  asideDir: string;
}

/**
 * Moves the uploads whose path the listing does not know to `<asideDir>/uploads/`, keeping their
 * paths, for a rollback to a database that does not know them either. Nothing is deleted. Repeating it moves what is
 * left; `moved` always lists everything that lies aside, as relative paths.
 */
export async function setAsideNewUploads({
  uploads,
  knownListing,
  asideDir,
}: SetAsideNewUploadsArgs): Promise<{
  moved: string[];
}> {
  try {
    // Without a listing the step that writes it never ended, and nothing has run since the stop.
    if (!(await exists(knownListing))) return { moved: [] };
    const known = new Set((await readListing(knownListing)).map(({ path }) => path));
    const target = join(asideDir, 'uploads');
    for await (const entry of walkUploads(uploads)) {
      if (entry.isFolder || known.has(entry.path)) continue;
      const to = await freeName(join(target, entry.path));
      const folder = bytesOf(dirname(to));
      await mkdir(folder, { recursive: true, mode: 0o750 });
      await moveWhole(join(uploads, entry.path), to);
      await syncFolder(folder);
      await syncFolder(bytesOf(dirname(join(uploads, entry.path))));
    }
    const moved: string[] = [];
    if (await exists(target)) {
      for await (const { path, isFolder } of walkUploads(target)) if (!isFolder) moved.push(path);
    }
    return { moved };
  } catch (cause) {
    throw explainFailure('setAsideNewUploads', cause, uploads);
  }
}

/** An upload of the same name may lie aside from before: the later one gets a number, none is lost. */
async function freeName(path: string): Promise<string> {
  for (let number = 0; ; number += 1) {
    const candidate = number === 0 ? path : `${path}.${number}`;
    if (!(await exists(bytesOf(candidate)))) return candidate;
  }
}
