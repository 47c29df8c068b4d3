import { open, readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { leaveToFolderOwner, makeFolderOfOwner } from '../machine/leave-to-folder-owner.ts';

const KEPT_FILES = 20;

/**
 * Writes what a command printed to a file that only the worker's user and root can read, and gives its path. Keeps the
 * last 20 files of the folder.
 */
export const keepOutput = async (
  folder: string,
  { stdout, stderr }: { readonly stdout: string; readonly stderr: string },
): Promise<string> => {
  // `recover` may run as root: the worker must be able to go on with the folder.
  await makeFolderOfOwner(folder, 0o700);
  // Names sort by time.
  const file = join(folder, `${new Date().toISOString().replaceAll(':', '-')}-${process.pid}.log`);
  const handle = await open(file, 'w', 0o600);
  try {
    await handle.writeFile(`${stdout}\n--- errors ---\n${stderr}\n`);
  } finally {
    await handle.close();
  }
  leaveToFolderOwner(file);
  const names = (await readdir(folder)).filter((name) => name.endsWith('.log')).sort();
  for (const name of names.slice(0, -KEPT_FILES)) await rm(join(folder, name), { force: true });
  return file;
};
