import { chmod, chown } from 'node:fs/promises';
import type { OperationContext } from '../child-messages.ts';
import { explainFailure } from '../files/explain-failure.ts';
import { itself, openNoLink } from '../files/open-no-link.ts';

/** What one entry is given. */
export interface ModeToSet {
  /** Relative to the uploads folder; empty for the folder itself. */
  path: string;
  mode: number;
  uid: number;
  gid: number;
}

/**
 * Gives entries of the uploads folder modes and owners. What `openNoLink` does not reach (gone, a link, a file with a
 * second name) is left alone and counted. Repeating it gives the same.
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
  const handle = await openNoLink(uploads, path);
  if (handle === null) return false;
  try {
    const found = await handle.stat();
    if (found.uid !== uid || found.gid !== gid) await chown(itself(handle), uid, gid);
    if ((found.mode & 0o7777) !== mode) await chmod(itself(handle), mode);
    return true;
  } finally {
    await handle.close();
  }
}
