import { constants } from 'node:fs';
import { access, lstat, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { shellQuote } from '../../../../workflows/contracts/shell-quote.ts';
import { makeFolderCommand } from '../../command/make-folder-command.ts';
import { errorMessage } from '../../error-code.ts';
import { OperationError } from '../../operation-error.ts';
import { originalIn } from '../files/aside-record.ts';
import { mountPointsIn } from '../files/mount-points.ts';
import { topEntries } from '../files/upload-entries.ts';
import { nameOf } from '../files/upload-name.ts';

/** Something that keeps database and uploads from being swapped by renames, and what to do about it. */
export interface Obstacle {
  what: string;
  got: string;
  todo: string;
}

/**
 * Everything that keeps a database and the entries of an uploads folder from being moved by renames, so that it is known
 * before anything is stopped: links, second names, mount points, folders that are missing or that the owner of the data
 * may not change. Changes nothing. A database that is missing is no obstacle.
 */
export async function findObstacles(place: {
  database: string;
  uploads: string;
  without?: readonly string[] | undefined;
  /** Only the database is swapped: whatever is in the uploads stays, and is in nobody's way. */
  keepsUploads?: boolean;
  /** Whether the uploads are swapped is not known yet: only their folder has to be there, and writable. */
  mayKeepUploads?: boolean;
  asideDir: string;
}): Promise<Obstacle[]> {
  const { database, asideDir, uploads, without = [] } = place;
  const ofTheUploads = async () =>
    place.mayKeepUploads === true ? ofFolder(THE_UPLOADS, uploads) : ofUploads(uploads, without);
  return [
    ...(await ofDatabase(database, asideDir)),
    ...(place.keepsUploads === true ? [] : await ofTheUploads()),
  ];
}

const THE_UPLOADS = 'the uploads folder';

/** @throws OperationError `NOT_SWAPPABLE`, with every obstacle. */
export async function requireMovable(
  operation: string,
  place: Parameters<typeof findObstacles>[0],
): Promise<void> {
  const obstacles = await findObstacles(place);
  if (obstacles.length === 0) return;
  throw new OperationError({
    code: 'NOT_SWAPPABLE',
    operation,
    target: place.database,
    cause: obstacles.map(({ what, got }) => `${what}: ${got}`).join('; '),
    hint: obstacles.map(({ todo }) => todo).join('; '),
    retryable: false,
  });
}

async function ofDatabase(database: string, asideDir: string): Promise<Obstacle[]> {
  const folder = dirname(database);
  const inFolder = await ofFolder('the folder of the database', folder);
  if (inFolder.length > 0) return inFolder;
  const found = await lstat(database).catch(() => undefined);
  if (found === undefined) return [];
  const what = 'the database';
  if (!found.isFile())
    return [{ what, got: `${database} is a link or a folder`, todo: 'set data.database to the real path' }];
  const obstacles: Obstacle[] = [];
  if ((await mountPointsIn(database)).length > 0) {
    const todo = 'mount the folder of the database, not the file, in the compose file and on the host';
    obstacles.push({ what, got: 'it is a mount point of its own', todo });
  }
  const aside = await lstat(originalIn(asideDir)).catch(() => undefined);
  if (found.nlink > (aside?.ino === found.ino ? 2 : 1)) {
    const todo = `find its other names with "find ${shellQuote(folder)} -samefile ${shellQuote(database)}" and remove them`;
    obstacles.push({ what, got: `it has ${found.nlink} hard links`, todo });
  }
  if (found.uid !== process.getuid?.()) {
    const todo = `sudo chown -h ${process.getuid?.()}:${process.getgid?.()} ${shellQuote(database)}, or correct data.owner`;
    obstacles.push({ what, got: `it belongs to uid ${found.uid}`, todo });
  }
  return obstacles;
}

/** What stays where it is needs not be movable. */
async function ofUploads(uploads: string, without: readonly string[]): Promise<Obstacle[]> {
  const what = THE_UPLOADS;
  const inFolder = await ofFolder(what, uploads);
  if (inFolder.length > 0) return inFolder;
  const stays = (point: string) => without.some((name) => `${point}/`.startsWith(join(uploads, name, '/')));
  const mounted = (await mountPointsIn(uploads)).filter((point) => point !== uploads && !stays(point));
  if (mounted.length > 0) {
    const todo =
      'of what is mounted inside the uploads folder: name it in data.uploadsExclude when it is backed up otherwise (a restore leaves it where it is), or unmount it and put its content there in its place; the uploads folder as a whole may be a mount';
    return [{ what, got: `${mounted.length} mount points are inside it`, todo }];
  }
  const fixed = await countUnmovable(uploads, without);
  if (fixed === 0) return [];
  const todo = `sudo chown -hR ${process.getuid?.()}:${process.getgid?.()} ${shellQuote(uploads)}`;
  return [{ what, got: `${fixed} of its entries may not be moved by the owner of the data`, todo }];
}

async function ofFolder(what: string, folder: string): Promise<Obstacle[]> {
  const found = await lstat(folder).catch(() => undefined);
  if (found === undefined) {
    const todo = makeFolderCommand({ uid: process.getuid?.() ?? 0, gid: process.getgid?.() ?? 0 }, folder);
    return [{ what, got: `${folder} is missing`, todo }];
  }
  if (!found.isDirectory())
    return [{ what, got: `${folder} is a link or a file`, todo: 'set the configuration to the real path' }];
  try {
    await access(folder, constants.R_OK | constants.W_OK | constants.X_OK);
    return [];
  } catch (error) {
    return [
      {
        what,
        got: errorMessage(error),
        todo: `sudo chown -h ${process.getuid?.()}:${process.getgid?.()} ${shellQuote(folder)}`,
      },
    ];
  }
}

/** A folder that moves to another parent has to be writable itself; in a sticky folder only one's own entries move. */
async function countUnmovable(uploads: string, without: readonly string[]): Promise<number> {
  const isSticky = ((await stat(uploads)).mode & 0o1000) !== 0;
  let count = 0;
  for (const name of await topEntries(uploads)) {
    if (without.includes(nameOf(name))) continue;
    const path = Buffer.concat([Buffer.from(join(uploads, '/')), name]);
    const entry = await lstat(path);
    const mine = entry.uid === process.getuid?.() || process.getuid?.() === 0;
    const may = !entry.isDirectory() || (await access(path, constants.W_OK).then(yes, no));
    if (!may || (isSticky && !mine)) count += 1;
  }
  return count;
}

function yes(): boolean {
  return true;
}

function no(): boolean {
  return false;
}
