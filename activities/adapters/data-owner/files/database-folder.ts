import { chmod, chown, lstat, readdir, rm } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { OperationError } from '../../operation-error.ts';
import { originalIn } from './aside-record.ts';
import { look } from './swap-database.ts';

/** The name of a run's unfinished replacement of a database, in the given folder. */
export function partOf(database: string, runId: string, folder: string = dirname(database)): string {
  return join(folder, `${basename(database)}.${runId}.part`);
}

/** Removes unfinished replacements that killed runs left beside the database. Only under the folder lock: all are dead. */
export async function removeParts(database: string, folder: string = dirname(database)): Promise<void> {
  const prefix = `${basename(database)}.`;
  for (const name of await readdir(folder)) {
    const isPart = name.startsWith(prefix) && /\.part(-wal|-shm|-journal)?$/.test(name);
    if (isPart) await rm(join(folder, name), { force: true });
  }
}

/**
 * Throws when the database cannot be swapped by a rename: it is a link, has another hard link (a rename would leave the
 * other name with the old content), belongs to another user, or the aside folder is on another file system.
 */
export async function requireSwappable(operation: string, database: string, asideDir: string): Promise<void> {
  const refuse = (code: string, cause: string, hint: string) =>
    new OperationError({ code, operation, target: database, cause, hint, retryable: false });
  const stat = await lstat(database).catch(() => undefined);
  const folder = await lstat(dirname(asideDir));
  const here = await lstat(dirname(database));
  if (folder.dev !== here.dev) {
    throw refuse(
      'OTHER_FILE_SYSTEM',
      `${asideDir} is on another file system`,
      'put the aside folder beside the database',
    );
  }
  if (stat === undefined) return;
  if (!stat.isFile())
    throw refuse('NOT_A_FILE', 'got a link or folder, expected a file', 'give the real path');
  const aside = await look(originalIn(asideDir));
  const ownLinks = aside?.ino === BigInt(stat.ino) ? 2 : 1;
  if (stat.nlink > ownLinks) {
    throw refuse(
      'DATABASE_LINKED',
      `it has ${stat.nlink} hard links`,
      'remove the other names of this file first',
    );
  }
  if (stat.uid !== process.getuid?.()) {
    throw refuse(
      'WRONG_OWNER',
      `it belongs to uid ${stat.uid}`,
      'set the owner in the configuration to this user',
    );
  }
}

/** Gives a new file the mode and group of the one that it replaces. */
export async function takeAfter(path: string, original: string): Promise<void> {
  const [from, to] = [await lstat(original), await lstat(path)];
  if (from.gid !== to.gid) await chown(path, to.uid, from.gid);
  await chmod(path, from.mode & 0o7777);
}
