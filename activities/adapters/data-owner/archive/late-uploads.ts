import { uploadProblems, type UploadWarning } from '../files/upload-problem.ts';
import { type UploadEntry, walkUploads } from '../files/walk-uploads.ts';

/** What a second look at the uploads brings to light. */
export interface SecondLook {
  /** Folders and files that belong in the backup and are not in it yet. */
  late: UploadEntry[];
  /** Those among them that the archive cannot take any more, since it has a file in the place of their folder. */
  outOfPlace: UploadEntry[];
}

/**
 * Lists the uploads again at the end of a pass. What was gone at its turn and is there again belongs in the backup, and so
 * does what was there before the snapshot and only has another path now. What was made after the snapshot belongs to the
 * next backup; what is gone twice was deleted.
 */
export async function lookAgain(
  uploads: string,
  {
    listed,
    gone,
    snapshotAt,
  }: { listed: readonly UploadEntry[]; gone: ReadonlySet<string>; snapshotAt: Date },
): Promise<SecondLook> {
  const before = new Map(listed.map(({ path, isFolder }) => [path, isFolder]));
  const lost = new Map(listed.flatMap((entry) => (gone.has(entry.path) ? [[entry.inode, entry] as const] : [])));
  const newFolders = new Map<string, UploadEntry>();
  const found: SecondLook = { late: [], outOfPlace: [] };
  for await (const entry of walkUploads(uploads)) {
    const { path, isFolder } = entry;
    if (isFolder && !before.has(path)) newFolders.set(path, entry);
    if (isFolder) continue;
    const isBack = gone.has(path) && before.get(path) !== true;
    const isMoved = !before.has(path) && wasThere(entry, lost.get(entry.inode), snapshotAt);
    if (!isBack && !isMoved) continue;
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

/** Takes what vanished for deleted, now that it was looked for twice; but not what is there again. */
export function settleVanished(warnings: readonly UploadWarning[], late: readonly UploadEntry[]): UploadWarning[] {
  const found = new Set(late.map(({ path }) => path));
  return warnings.flatMap((warning) => {
    if (warning.what !== uploadProblems.vanished) return [warning];
    return found.has(warning.path) ? [] : [{ ...warning, what: uploadProblems.deleted }];
  });
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
