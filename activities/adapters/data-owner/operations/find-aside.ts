import { lstat, readdir } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { explainFailure } from '../files/explain-failure.ts';
import { whatIsOnlyHere } from '../restore/only-here.ts';

/** What a run set aside. */
export interface AsideOfRun {
  /** When that run began: `YYYYMMDD_HHMMSS`, UTC. */
  stamp: string;
  /** Full paths: beside the database, and in the uploads where these have a disk of their own. */
  folders: string[];
  bytes: number;
  /** What of it is nowhere else, such as `12 rows in salvage.sqlite`; empty when it may go. */
  onlyHere: string[];
}

const NAME = /^\.fdts-ops-(\d{8}_\d{6})(-damaged)?$/;

/** All that runs set aside, oldest first, and what of it is nowhere else. Changes nothing. */
export async function findAside({
  database,
  uploads,
}: {
  database: string;
  uploads: string;
}): Promise<AsideOfRun[]> {
  try {
    const runs = new Map<string, string[]>();
    for (const parent of [dirname(database), uploads])
      for (const name of (await readdir(parent)).filter((one) => NAME.test(one))) {
        const key = NAME.exec(name)?.[0] ?? name;
        runs.set(key, [...(runs.get(key) ?? []), join(parent, name)]);
      }
    const found: AsideOfRun[] = [];
    for (const [key, folders] of [...runs].sort(([a], [b]) => a.localeCompare(b))) {
      const sizes = await Promise.all(folders.map((folder) => sizeOf(Buffer.from(folder))));
      found.push({
        stamp: NAME.exec(key)?.[1] ?? '',
        folders,
        bytes: sizes.reduce((sum, bytes) => sum + bytes, 0),
        onlyHere: await onlyHere(folders, join(dirname(database), key)),
      });
    }
    return found;
  } catch (cause) {
    throw explainFailure('findAside', cause, dirname(database));
  }
}

/** The folder beside the database says what the other one is; one in the uploads without it says nothing. */
async function onlyHere(folders: readonly string[], asideDir: string): Promise<string[]> {
  if (folders.includes(asideDir)) return whatIsOnlyHere(asideDir);
  return [`what nothing says of: ${basename(asideDir)} beside the database is gone`];
}

/** What the files in a folder hold; what is gone meanwhile, or may not be looked into, counts as nothing. */
async function sizeOf(folder: Buffer): Promise<number> {
  const entries = await readdir(folder, { withFileTypes: true, encoding: 'buffer' }).catch(() => []);
  let bytes = 0;
  for (const entry of entries) {
    const path = Buffer.concat([folder, Buffer.from('/'), entry.name]);
    bytes += entry.isDirectory()
      ? await sizeOf(path)
      : ((await lstat(path).catch(() => undefined))?.size ?? 0);
  }
  return bytes;
}
