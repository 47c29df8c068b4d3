import path from 'node:path';
import type { ComposeContainer } from '../../activities/adapters/docker/projects.ts';
import type { FolderFacts, FoundDatabase } from '../../activities/adapters/site/examine-folder.ts';

/** Where the data of a site is; null when it was not found. */
export interface DataPlaces {
  readonly database: FoundDatabase | null;
  /** Other databases that were found there. */
  readonly otherDatabases: readonly string[];
  readonly uploads: Place | null;
  readonly backups: Place | null;
}

/** A folder with the reason in words. */
export interface Place {
  readonly folder: string;
  readonly why: string;
  readonly isGuess: boolean;
}

const UPLOADS_NAME = /upload|file|media|attachment|document|storage|blob/i;
const BACKUPS_NAME = /backup|bkp/i;

/**
 * Decides which of the mounted folders holds what: the database by its content, backups by the names of archives,
 * uploads by what is left. Pure.
 */
export function chooseData(
  containers: readonly ComposeContainer[],
  folders: readonly FolderFacts[],
): DataPlaces {
  const [database, ...others] = databasesIn(folders);
  const backups = chooseBackups(folders);
  return {
    database: database ?? null,
    otherDatabases: others.map(({ file }) => file),
    backups,
    uploads: chooseUploads(containers, folders, database?.file ?? null, backups?.folder ?? null),
  };
}

/** The likeliest first: one that is open now, not among backups or many files, changed last. */
function databasesIn(folders: readonly FolderFacts[]): FoundDatabase[] {
  const ranked = folders.flatMap((folder) =>
    folder.databases.map((database) => ({ database, score: score(database, folder) })),
  );
  const inOrder = ranked.sort((a, b) => b.score - a.score || b.database.modifiedAt - a.database.modifiedAt);
  const files = inOrder.map(({ database }) => database);
  return files.filter((one, index) => files.findIndex(({ file }) => file === one.file) === index);
}

function score({ file, hasLog }: FoundDatabase, folder: FolderFacts): number {
  const depth = path.posix.relative(folder.path, file).split('/').length;
  const isAmongOthers = folder.files > 50 || UPLOADS_NAME.test(path.posix.basename(folder.path));
  const isAmongBackups = folder.backups > 0 || BACKUPS_NAME.test(file);
  return (hasLog ? 8 : 0) - depth - (isAmongOthers ? 4 : 0) - (isAmongBackups ? 16 : 0);
}

function chooseBackups(folders: readonly FolderFacts[]): Place | null {
  const [most] = folders.filter(({ backups }) => backups > 0).sort((a, b) => b.backups - a.backups);
  if (most !== undefined) {
    const why = `archives named fdts_backup_*.tar.gz are in it: ${most.backups}`;
    return { folder: most.path, why, isGuess: false };
  }
  const named = folders.find(({ path: file, kind }) => kind === 'folder' && BACKUPS_NAME.test(file));
  if (named === undefined) return null;
  const other =
    named.otherArchives > 0
      ? `; its ${named.otherArchives} archives are named otherwise, so fdts-ops does not list them`
      : '';
  return { folder: named.path, why: `by its name${other}`, isGuess: true };
}

function chooseUploads(
  containers: readonly ComposeContainer[],
  folders: readonly FolderFacts[],
  database: string | null,
  backups: string | null,
): Place | null {
  const candidates = folders.filter(
    ({ path: folder, kind }) =>
      kind === 'folder' && folder !== backups && database !== folder && !holds(folder, database),
  );
  const mounts = containers.flatMap((container) => container.mounts);
  const named = candidates.find(({ path: folder }) =>
    mounts.some(
      ({ source, target, readOnly }) =>
        source === folder &&
        !readOnly &&
        UPLOADS_NAME.test(`${path.posix.basename(source)} ${path.posix.basename(target)}`),
    ),
  );
  if (named !== undefined) {
    const target = mounts.find(({ source }) => source === named.path)?.target;
    return { folder: named.path, why: `by its name; mounted at ${target}`, isGuess: true };
  }
  const inside = folders.find(({ path: folder }) => holds(folder, database));
  const below = inside?.folders.find((name) => UPLOADS_NAME.test(name));
  if (inside !== undefined && below !== undefined) {
    return {
      folder: path.posix.join(inside.path, below),
      why: 'by its name, beside the database',
      isGuess: true,
    };
  }
  const written = candidates.filter(({ path: folder }) =>
    mounts.some(({ source, readOnly }) => source === folder && !readOnly),
  );
  const [only, ...more] = written;
  if (only === undefined || more.length > 0) return null;
  return { folder: only.path, why: 'the only other folder that a service writes into', isGuess: true };
}

function holds(folder: string, file: string | null): boolean {
  return file?.startsWith(`${folder}/`) === true;
}
