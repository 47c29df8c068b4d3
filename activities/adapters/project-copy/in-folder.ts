import { chmod, lstat, mkdir } from 'node:fs/promises';
import path from 'node:path';
import { OperationError } from '../operation-error.ts';

/**
 * Runs `work` in a folder: what it does by relative paths is done there, whatever the folder's name leads to by then.
 * For root, where somebody else owns a folder on the way and could put a link in its place at any moment: each folder is
 * entered, and the kernel says where that was. `make`: those that are missing are made, open to be gone through. Null
 * when one is missing and not made. Throws `FOLDER_IS_A_LINK`. Of the whole process: one call at a time.
 */
export async function inFolder<T>(
  folder: string,
  { make }: { readonly make: boolean },
  work: () => Promise<T>,
): Promise<T | null> {
  const back = process.cwd();
  try {
    process.chdir('/');
    let here = '/';
    for (const part of path.relative('/', folder).split('/')) {
      here = path.join(here, part);
      const found = await lstat(part).catch(() => null);
      if (found === null) {
        if (!make) return null;
        await mkdir(part);
      } else if (!found.isDirectory()) throw leadsElsewhere(folder, here);
      process.chdir(part);
      if (process.cwd() !== here) throw leadsElsewhere(folder, here);
      if (found === null) await chmod('.', 0o755);
    }
    return await work();
  } finally {
    process.chdir(back);
  }
}

function leadsElsewhere(folder: string, here: string): OperationError {
  return new OperationError({
    code: 'FOLDER_IS_A_LINK',
    operation: 'inFolder',
    target: folder,
    cause: `${here} is a link or no folder`,
    hint: 'See who put it there: nothing was done behind it. When it is meant to be, name the real path in backups.scratch.',
    retryable: false,
  });
}
