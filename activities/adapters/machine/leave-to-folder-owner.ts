import { lchownSync, lstatSync, statSync } from 'node:fs';
import { lchown, mkdir, stat } from 'node:fs/promises';
import path from 'node:path';

/**
 * Gives a file that root has just made to the owner of its folder: the worker, which is not root, has to go on with it.
 * Changes nothing for anybody but root, and no file of somebody else; a link in its place is left alone.
 */
export function leaveToFolderOwner(file: string): void {
  if (process.getuid?.() !== 0) return;
  const made = lstatSync(file, { throwIfNoEntry: false });
  if (made === undefined || !made.isFile() || made.uid !== 0 || made.nlink > 1) return;
  const { uid, gid } = statSync(path.dirname(file));
  if (uid !== 0) lchownSync(file, uid, gid);
}

/** Makes a folder with its parents, as `mkdir -p`; what root has to make for it belongs to the owner of the folder above. */
export async function makeFolderOfOwner(folder: string, mode: number): Promise<void> {
  const first = await mkdir(folder, { recursive: true, mode });
  if (first === undefined || process.getuid?.() !== 0) return;
  const { uid, gid } = await stat(path.dirname(first));
  for (let made = folder; made.length >= first.length; made = path.dirname(made))
    await lchown(made, uid, gid);
}
