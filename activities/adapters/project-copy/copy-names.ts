import path from 'node:path';

/** Where one copy lies and what it is called; all of it from the run and what the copy is for. */
export type CopyPlace = {
  /** The compose project. */
  readonly name: string;
  /** Everything that is mounted into it lies below this folder, under its path on the host. */
  readonly folder: string;
  readonly database: string;
  readonly uploads: string;
  /** Holds secrets: 0600, the worker's own. */
  readonly composeFile: string;
};

/** What a place follows from. `purpose`: a short word, one for each copy that a run has at a time. */
export type CopyKey = {
  readonly stamp: string;
  readonly purpose: string;
  readonly scratch: string;
  readonly stateFolder: string;
  readonly database: string;
  readonly uploads: string;
};

/** The place of a copy. */
export const copyPlace = (key: CopyKey): CopyPlace => {
  const name = `fdts-ops-copy-${key.stamp.replace('_', '-')}-${key.purpose}`;
  if (!isCopyName(name)) throw new TypeError(`a copy cannot be called ${name}`);
  return placeNamed(name, key);
};

/** The place of a copy that somebody left, by its name. */
export const placeNamed = (name: string, key: Omit<CopyKey, 'stamp' | 'purpose'>): CopyPlace => {
  const folder = path.join(copiesFolder(key.scratch), name);
  return {
    name,
    folder,
    database: inCopy(folder, key.database),
    uploads: inCopy(folder, key.uploads),
    composeFile: path.join(copyFilesFolder(key.stateFolder), name, 'compose.yml'),
  };
};

const copiesFolder = (scratch: string): string => path.join(scratch, 'copies');

/** The folder of their compose files: a copy has a folder in there from before anything of it is made until it is gone. */
export const copyFilesFolder = (stateFolder: string): string => path.join(stateFolder, 'copies');

/** Where a path of the host lies in a copy. */
export const inCopy = (folder: string, hostPath: string): string => path.join(folder, 'root', hostPath);

/** Whether something is called like a copy, and so may be removed as one. */
export const isCopyName = (name: string): boolean => /^fdts-ops-copy-\d{8}-\d{6}-[a-z0-9]{1,20}$/.test(name);
