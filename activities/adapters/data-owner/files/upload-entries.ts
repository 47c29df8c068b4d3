import { readdir, rename } from 'node:fs/promises';
import { join } from 'node:path';

/** Folders of ours; they may lie in the uploads folder when that is a file system of its own. */
const ownFolder = /^\.fdts-ops-/;

/** Whether a name directly below the uploads folder is one of our own folders, and no upload. */
export function isOwnFolder(name: string): boolean {
  return ownFolder.test(name);
}

/** The names directly below an uploads folder, as bytes since they need not be UTF-8; our own folders left out. */
export async function topEntries(uploads: string): Promise<Buffer[]> {
  const names = await readdir(uploads, { encoding: 'buffer' });
  return names.filter((name) => !isOwnFolder(name.toString('latin1')));
}

/** Moves everything directly below one folder into another one of the same file system, by renames. Repeating it moves what is left. */
export async function moveEntries(from: string, to: string): Promise<void> {
  for (const name of await topEntries(from)) await rename(within(from, name), within(to, name));
}

function within(folder: string, name: Buffer): Buffer {
  return Buffer.concat([Buffer.from(join(folder, '/')), name]);
}
