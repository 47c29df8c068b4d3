import { constants } from 'node:fs';
import { chmod, copyFile, lstat, utimes } from 'node:fs/promises';
import { dirname } from 'node:path';
import { takeAfter } from '../files/database-folder.ts';
import { exists, syncFile } from '../files/durable-file.ts';
import { requireFreeSpace } from '../files/require-free-space.ts';
import { removeDatabase } from '../files/snapshot-database.ts';

/** Gives a staged database mode and group of the one that it will replace, and the time at which its data was read. */
export async function makeReady(database: string, staged: string, readAt: Date): Promise<void> {
  await ((await exists(database)) ? takeAfter(staged, database) : chmod(staged, 0o640));
  await utimes(staged, readAt, readAt);
  await syncFile(staged);
}

/**
 * A clone where the file system can share blocks; elsewhere a copy, refused before its first byte where it does not
 * fit, with `spare` bytes left.
 * Durable once its folder is.
 */
export async function keepCopy(
  operation: string,
  from: string,
  to: string,
  { spare = 0 } = {},
): Promise<void> {
  await removeDatabase(to);
  if (!(await isCloned(from, to))) {
    await requireFreeSpace(operation, dirname(to), (await lstat(from)).size + spare);
    await copyFile(from, to, constants.COPYFILE_EXCL);
  }
  await syncFile(to);
}

/** Why it cannot be cloned does not matter: a copy fails for the same reason where that is one of this machine. */
async function isCloned(from: string, to: string): Promise<boolean> {
  const howToClone = constants.COPYFILE_EXCL | constants.COPYFILE_FICLONE_FORCE;
  return copyFile(from, to, howToClone).then(
    () => true,
    () => false,
  );
}
