import { chmod, chown, constants, open } from 'node:fs/promises';
import { errorCode } from '../../error-code.ts';
import type { OperationContext } from '../child-messages.ts';
import { explainFailure } from '../files/explain-failure.ts';
import { onDisk } from '../files/upload-name.ts';

/** What one entry is given. */
export interface ModeToSet {
  /** Relative to the uploads folder; empty for the folder itself. */
  path: string;
  mode: number;
  uid: number;
  gid: number;
}

/** A handle on a file or folder itself that needs no right to read it; Node names no constant for it. */
const O_PATH = 0o10_000_000;
const NO_LINK = O_PATH | constants.O_NOFOLLOW;

/**
 * Gives entries of the uploads folder modes and owners. Each is reached from the folder down, by handles: a link in the
 * way, whoever puts it there meanwhile, is never followed. What is gone, a link, or a file with a second name (which may
 * be a file of somebody else) is left alone and counted. Repeating it gives the same.
 */
export async function setModes(
  { uploads, entries }: { uploads: string; entries: readonly ModeToSet[] },
  { signal, onProgress }: OperationContext,
): Promise<{ changed: number; left: number }> {
  let changed = 0;
  try {
    for (const entry of entries) {
      signal.throwIfAborted();
      if (await setOne(uploads, entry)) changed += 1;
      onProgress({ phase: 'modes', bytes: changed, totalBytes: entries.length });
    }
    return { changed, left: entries.length - changed };
  } catch (cause) {
    throw explainFailure('setModes', cause, uploads);
  }
}

async function setOne(uploads: string, { path, mode, uid, gid }: ModeToSet): Promise<boolean> {
  const parts = path === '' ? [] : path.split('/');
  if (parts.some((part) => part === '' || part === '.' || part === '..')) return false;
  // The folder that the configuration names may itself be reached over a link.
  let handle = await open(uploads, O_PATH | constants.O_DIRECTORY);
  try {
    for (const part of parts) {
      const next = await open(onDisk(`/proc/self/fd/${handle.fd}`, part), NO_LINK).catch(goneOrLink);
      if (next === null) return false;
      await handle.close();
      handle = next;
    }
    const found = await handle.stat();
    if (!found.isDirectory() && (!found.isFile() || found.nlink > 1)) return false;
    // The handle's own name leads to the very same file, whatever has its path by now.
    const itself = `/proc/self/fd/${handle.fd}`;
    if (found.uid !== uid || found.gid !== gid) await chown(itself, uid, gid);
    if ((found.mode & 0o7777) !== mode) await chmod(itself, mode);
    return true;
  } finally {
    await handle.close();
  }
}

function goneOrLink(error: unknown): null {
  if (['ENOENT', 'ENOTDIR', 'ELOOP'].includes(errorCode(error))) return null;
  throw error;
}
