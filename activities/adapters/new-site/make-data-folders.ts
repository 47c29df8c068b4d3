import { chmod, chown, lchown, lstat, mkdir, readdir } from 'node:fs/promises';
import path from 'node:path';
import type { OperationContext } from '../data-owner/child-messages.ts';
import { explainFailure } from '../data-owner/files/explain-failure.ts';
import type { Owner } from '../data-owner/run-as-owner.ts';

/** Where users' data is going to lie. Full paths. */
export interface DataFolders {
  database: string;
  uploads: string;
  backups: string;
  owner: Owner;
  /** The database lies beside the project: its folder was made by root, for files that were placed there. */
  isBesideProject?: boolean;
}

/** What of users' data lies on this machine already. */
export interface DataThere {
  database: boolean;
  uploads: number;
}

/** Looks for data that a recovery would take the place of. Changes nothing. */
export async function findData(
  { database, uploads }: Pick<DataFolders, 'database' | 'uploads'>,
  _context: OperationContext,
): Promise<DataThere> {
  const found = await lstat(database).catch(() => null);
  const names = await readdir(uploads).catch(() => []);
  return { database: found !== null, uploads: names.length };
}

/**
 * Makes the folders of the data (as root) for their owner; one that is there stays as it is, but for that of a database
 * beside the project, where its owner has to be able to write. Safe to repeat.
 */
export async function makeDataFolders(
  { database, uploads, backups, owner, isBesideProject = false }: DataFolders,
  _context: OperationContext,
): Promise<null> {
  try {
    for (const folder of [path.dirname(database), uploads, backups]) {
      if ((await lstat(folder).catch(() => null)) !== null) continue;
      await mkdir(path.dirname(folder), { recursive: true, mode: 0o755 });
      await mkdir(folder);
      await chown(folder, owner.uid, owner.gid);
      await chmod(folder, 0o750);
    }
    const ofDatabase = path.dirname(database);
    if (isBesideProject && (await lstat(ofDatabase)).uid === 0)
      await lchown(ofDatabase, owner.uid, owner.gid);
    return null;
  } catch (cause) {
    throw explainFailure('makeDataFolders', cause, uploads);
  }
}
