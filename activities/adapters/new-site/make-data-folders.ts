import { chmod, chown, lstat, mkdir, readdir } from 'node:fs/promises';
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

/** Makes the folders of the data (as root) for their owner; one that is there stays as it is. Safe to repeat. */
export async function makeDataFolders(
  { database, uploads, backups, owner }: DataFolders,
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
    return null;
  } catch (cause) {
    throw explainFailure('makeDataFolders', cause, uploads);
  }
}
