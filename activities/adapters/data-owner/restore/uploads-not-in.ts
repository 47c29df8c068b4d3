import { exists } from '../files/durable-file.ts';
import { type KnownUpload, readListing } from '../files/upload-listing.ts';
import { isLink, type UploadWarning } from '../files/upload-problem.ts';
import { walkUploads } from '../files/walk-uploads.ts';

/** How the uploads of users differ from those of a backup, in numbers. */
export interface UploadDifference {
  /** How many users have. */
  count: number;
  /** Of them: the backup has no file at that path. */
  notInBackup: number;
  /** Of them: the backup has another one there (by size or time). */
  differing: number;
  /** Links among them, which no backup has; left out where there is none. */
  links?: number;
  /** How many the backup has and users have no more, since they deleted or moved them; null when no listing says. */
  onlyInBackup: number | null;
}

/** Archives keep whole seconds. */
const timePrecisionNs = 1_000_000_000n;

/** Compares an uploads folder with the listing of a backup (without one every upload counts as later); `files` names those that the backup lacks or has otherwise. What `stays` in the folder is not compared. */
export async function uploadsNotIn(
  uploads: string,
  { listing, stays }: { listing: string; stays?: readonly string[] | undefined },
): Promise<{ difference: UploadDifference; files: KnownUpload[] }> {
  const isListed = await exists(listing);
  const listed = isListed ? await readListing(listing) : [];
  const known = new Map(listed.map((upload) => [upload.path, upload]));
  const difference = { count: 0, notInBackup: 0, differing: 0 };
  let inBoth = 0;
  const files: KnownUpload[] = [];
  let links = 0;
  const onWarning = ({ what }: UploadWarning) => {
    if (isLink(what)) links += 1;
  };
  for await (const { path, size, mtimeNs, isFolder } of walkUploads(uploads, { without: stays, onWarning })) {
    if (isFolder) continue;
    difference.count += 1;
    const inBackup = known.get(path);
    if (inBackup !== undefined) inBoth += 1;
    if (inBackup !== undefined && isEqual(inBackup, { path, size, mtimeNs })) continue;
    difference[inBackup === undefined ? 'notInBackup' : 'differing'] += 1;
    files.push({ path, size, mtimeNs });
  }
  const onlyInBackup = isListed ? known.size - inBoth : null;
  return { difference: { ...difference, ...(links > 0 && { links }), onlyInBackup }, files };
}

function isEqual(a: KnownUpload, b: KnownUpload): boolean {
  const apart = BigInt(a.mtimeNs) - BigInt(b.mtimeNs);
  return a.size === b.size && apart < timePrecisionNs && apart > -timePrecisionNs;
}
