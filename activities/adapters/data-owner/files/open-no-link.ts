import { constants } from 'node:fs';
import { type FileHandle, open } from 'node:fs/promises';
import { errorCode } from '../../error-code.ts';
import { onDisk } from './upload-name.ts';

/** A handle on a file or folder itself that needs no right to read it; Node names no constant for it. */
const O_PATH = 0o10_000_000;
const NO_LINK = O_PATH | constants.O_NOFOLLOW;

/**
 * Reaches an entry from the folder down, by handles: a link in the way, whoever puts it there meanwhile, is never followed.
 * null: it is gone, a link is in the way, it is neither file nor folder, or a file with a second name, which may be a file
 * of somebody else. The caller closes the handle, and names the entry by `itself`.
 */
export async function openNoLink(root: string, path: string): Promise<FileHandle | null> {
  const parts = path === '' ? [] : path.split('/');
  if (parts.some((part) => part === '' || part === '.' || part === '..')) return null;
  // The folder that the configuration names may itself be reached over a link.
  let handle = await open(root, O_PATH | constants.O_DIRECTORY);
  let isReached = false;
  try {
    for (const part of parts) {
      const next = await open(onDisk(`/proc/self/fd/${handle.fd}`, part), NO_LINK).catch(goneOrLink);
      if (next === null) return null;
      await handle.close();
      handle = next;
    }
    const found = await handle.stat();
    isReached = found.isDirectory() || (found.isFile() && found.nlink === 1);
    return isReached ? handle : null;
  } finally {
    if (!isReached) await handle.close();
  }
}

/** A name that leads to the very file of a handle, whatever has its path by now. */
export function itself({ fd }: FileHandle): string {
  return `/proc/self/fd/${fd}`;
}

function goneOrLink(error: unknown): null {
  if (['ENOENT', 'ENOTDIR', 'ELOOP'].includes(errorCode(error))) return null;
  throw error;
}
