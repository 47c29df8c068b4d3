import { isLoss, type UploadWarning, uploadProblems } from '../files/upload-problem.ts';
import { type UploadEntry, walkUploads } from '../files/walk-uploads.ts';

/** What a second look at the uploads brings to light. */
export interface SecondLook {
  /** Folders and files that belong in the backup and are not in it yet. */
  late: UploadEntry[];
  /** Those among them that the archive cannot take any more, since it has a file in the place of their folder. */
  outOfPlace: UploadEntry[];
  /** Paths that were gone and whose file is among the late ones, there or elsewhere. */
  found: Set<string>;
  /** What is wrong with the uploads now. */
  warnings: UploadWarning[];
}

/**
 * Lists the uploads again at the end of a pass. What was gone at its turn and is there again belongs in the backup, and so
 * does what was there before the snapshot and only has another path now. What was made after the snapshot belongs to the
 * next backup; what is gone twice was deleted.
 */
export async function lookAgain(
  { uploads, without }: { uploads: string; without?: readonly string[] | undefined },
  {
    listed,
    gone,
    snapshotAt,
  }: { listed: readonly UploadEntry[]; gone: ReadonlySet<string>; snapshotAt: Date },
): Promise<SecondLook> {
  const before = new Map(listed.map(({ path, isFolder }) => [path, isFolder]));
  const lost = new Map(
    listed.flatMap((entry) => (gone.has(entry.path) ? [[entry.inode, entry] as const] : [])),
  );
  const newFolders = new Map<string, UploadEntry>();
  const found: SecondLook = { late: [], outOfPlace: [], found: new Set(), warnings: [] };
  const onWarning = (warning: UploadWarning) => void found.warnings.push(warning);
  for await (const entry of walkUploads(uploads, { without, onWarning })) {
    const { path, isFolder } = entry;
    if (isFolder && !before.has(path)) newFolders.set(path, entry);
    if (isFolder) continue;
    const isBack = gone.has(path) && before.get(path) !== true;
    const isMoved = !before.has(path) && wasThere(entry, lost.get(entry.inode), snapshotAt);
    if (!isBack && !isMoved) continue;
    found.found.add((isBack ? undefined : lost.get(entry.inode)?.path) ?? path);
    const above = foldersAbove(path);
    const isWritten = (one: string) => before.get(one) === false && !gone.has(one);
    if (above.some(isWritten)) {
      found.outOfPlace.push(entry);
      continue;
    }
    for (const folder of above) {
      const made = newFolders.get(folder);
      if (made !== undefined) found.late.push(made);
      newFolders.delete(folder);
    }
    found.late.push(entry);
  }
  return found;
}

/**
 * What is to be told after both looks: what vanished was deleted, now that it was looked for twice, unless it is there
 * again; and what only the second look found to be out of reach, such as a folder that a link has taken the place of.
 */
export function settleWarnings(
  first: readonly UploadWarning[],
  { found, warnings }: SecondLook,
): UploadWarning[] {
  const settled = first.flatMap((warning) => {
    if (warning.what !== uploadProblems.vanished) return [warning];
    return found.has(warning.path) ? [] : [{ ...warning, what: uploadProblems.deleted }];
  });
  const told = new Set(first.filter(({ what }) => what !== uploadProblems.vanished).map(({ path }) => path));
  const more = warnings.filter(
    (warning) => warning.what !== uploadProblems.vanished && isLoss(warning) && !told.has(warning.path),
  );
  return [...settled, ...more];
}

/** By the time when it was made; and, as not every file system knows that, when it is the very file that is gone elsewhere. */
function wasThere(entry: UploadEntry, lost: UploadEntry | undefined, snapshotAt: Date): boolean {
  const isOlder = entry.bornMs > 0 && entry.bornMs < snapshotAt.getTime();
  return isOlder || (lost?.size === entry.size && lost.mtimeNs === entry.mtimeNs);
}

/** From the top down, without the file itself. */
function foldersAbove(path: string): string[] {
  const parts = path.split('/');
  return parts.slice(1).map((_, index) => parts.slice(0, index + 1).join('/'));
}
