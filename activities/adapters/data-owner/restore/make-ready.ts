import { constants } from 'node:fs';
import { chmod, copyFile, utimes } from 'node:fs/promises';
import { takeAfter } from '../files/database-folder.ts';
import { exists, syncFile } from '../files/durable-file.ts';
import { removeDatabase } from '../files/snapshot-database.ts';

/** Gives a staged database mode and group of the one that it will replace, and the time at which its data was read. */
export async function makeReady(database: string, staged: string, readAt: Date): Promise<void> {
  await ((await exists(database)) ? takeAfter(staged, database) : chmod(staged, 0o640));
  await utimes(staged, readAt, readAt);
  await syncFile(staged);
}

/** A clone where the file system can share blocks; a copy elsewhere. Durable once its folder is. */
export async function keepCopy(from: string, to: string): Promise<void> {
  await removeDatabase(to);
  await copyFile(from, to, constants.COPYFILE_EXCL | constants.COPYFILE_FICLONE);
  await syncFile(to);
}
