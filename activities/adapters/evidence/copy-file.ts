import { chown, constants, copyFile as copy, open } from 'node:fs/promises';
import { dirname } from 'node:path';
import { syncFolder } from '../data-owner/files/durable-file.ts';
import { explainFailure } from '../data-owner/files/explain-failure.ts';
import type { Owner } from '../data-owner/run-as-owner.ts';

/** Both are full paths; `to` must not exist yet. */
export interface CopyFileArgs {
  from: string;
  to: string;
  owner: Owner;
}

/** Copies a file that perhaps only root can read, 0600, for its owner; durable on return. */
export async function copyFile({ from, to, owner }: CopyFileArgs): Promise<null> {
  try {
    await copy(from, to, constants.COPYFILE_EXCL);
    const handle = await open(to, 'r+');
    try {
      await handle.chmod(0o600);
      await chown(to, owner.uid, owner.gid);
      await handle.sync();
    } finally {
      await handle.close();
    }
    await syncFolder(dirname(to));
    return null;
  } catch (cause) {
    throw explainFailure('copyFile', cause, from);
  }
}
