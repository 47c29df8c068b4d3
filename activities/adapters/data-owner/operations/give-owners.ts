import { chown } from 'node:fs/promises';
import type { OwnedEntry } from '../archive/extract-uploads.ts';
import type { OperationContext } from '../child-messages.ts';
import { explainFailure } from '../files/explain-failure.ts';
import { itself, openNoLink } from '../files/open-no-link.ts';
import { chooseOwner, type KnownOwners } from '../restore/choose-owner.ts';

/** What became of entries that belonged to somebody else than the owner of the data. */
export interface OwnersGiven {
  /** Belong to whom they belonged in the backup. */
  given: number;
  /** Belonged to a user or group that nothing here knows: these numbers stay with the owner of the data. */
  unknown: number;
  /** Stay with the owner of the data, who could not move them otherwise. */
  stay: number;
  /** Gone meanwhile, or not the file any more that was extracted. */
  left: number;
}

/**
 * Gives extracted entries back to whom they belonged; runs as root. Only what belongs to the owner of the data is given
 * away, and only to numbers that `chooseOwner` takes: so nothing of anybody else changes hands, whatever the archive says
 * and whatever is done to the folder meanwhile. Repeating it answers the same.
 */
export async function giveOwners(
  { folder, entries, known }: { folder: string; entries: readonly OwnedEntry[]; known: KnownOwners },
  { signal }: OperationContext,
): Promise<OwnersGiven> {
  const seen: OwnersGiven = { given: 0, unknown: 0, stay: 0, left: 0 };
  try {
    for (const entry of entries) {
      signal.throwIfAborted();
      const { kept, ...wanted } = chooseOwner(entry, known);
      const isHis = await give(folder, entry.path, wanted, known.here.uid);
      if (!isHis) seen.left += 1;
      else if (kept === 'unknown') seen.unknown += 1;
      else if (kept === 'stays') seen.stay += 1;
      else if (wanted.uid !== known.here.uid || wanted.gid !== known.here.gid) seen.given += 1;
    }
    return seen;
  } catch (cause) {
    throw explainFailure('giveOwners', cause, folder);
  }
}

/** Whether it is whose it is to be. */
async function give(
  folder: string,
  path: string,
  { uid, gid }: { uid: number; gid: number },
  ownerUid: number,
): Promise<boolean> {
  const handle = await openNoLink(folder, path);
  if (handle === null) return false;
  try {
    const found = await handle.stat();
    if (found.uid === uid && found.gid === gid) return true;
    if (found.uid !== ownerUid) return false;
    await chown(itself(handle), uid, gid);
    return true;
  } finally {
    await handle.close();
  }
}
