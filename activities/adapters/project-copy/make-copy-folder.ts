import { constants } from 'node:fs';
import {
  chmod,
  chown,
  copyFile,
  lstat,
  mkdir,
  readdir,
  readlink,
  realpath,
  rm,
  symlink,
} from 'node:fs/promises';
import path from 'node:path';
import { isWithin } from '../configuration-bundle/bundle-source.ts';
import type { OperationContext } from '../data-owner/child-messages.ts';
import { explainFailure } from '../data-owner/files/explain-failure.ts';
import type { Owner } from '../data-owner/run-as-owner.ts';
import { OperationError } from '../operation-error.ts';
import { inCopy, isCopyName } from './copy-names.ts';
import { copyRefused } from './copy-refused.ts';
import { inFolder } from './in-folder.ts';

/** What has to lie in the folder of a copy before it is made. Full paths of the host. */
export interface CopyFolderArgs {
  folder: string;
  database: string;
  /** What of the host is the database: its folder, or its files alone. */
  databasePlaces: readonly string[];
  uploads: string;
  /** Whom the data belongs to. */
  owner: Owner;
  /** Files and folders whose content is copied. */
  sources: readonly string[];
  /** Folders that are there, and empty; also where they lie in a folder that is copied. */
  empty: readonly string[];
  mostBytes: number;
}

const operation = 'makeCopyFolder';

/**
 * Makes the folder of a copy (as root: certificates are root's alone): what its services mount lies in it under its path
 * on the host, with owner and mode; users' data is left out. Repeating it makes it anew; a kill leaves a part of it,
 * which the repeat or `removeCopyFolder` removes.
 */
export async function makeCopyFolder(args: CopyFolderArgs, context: OperationContext): Promise<null> {
  const { folder } = args;
  try {
    await removeCopyFolder({ folder });
    const copies = path.dirname(folder);
    await inFolder(copies, { make: true }, () =>
      fillFolder({ ...args, folder: path.basename(folder) }, context),
    );
    return null;
  } catch (cause) {
    throw explainFailure(operation, cause, folder);
  }
}

/** `folder`: by its name, in the folder of copies. */
async function fillFolder(args: CopyFolderArgs, { signal }: OperationContext): Promise<void> {
  const { folder, database, databasePlaces, uploads, owner } = args;
  await makeFolders('', inCopy(folder, '/'));
  const budget = { left: args.mostBytes };
  const empty = [uploads, ...args.empty];
  const leaveOut = [...databasePlaces, ...empty];
  for (const source of args.sources) {
    const real = await realpath(source).catch(() => null);
    if (real === null) await makeEmpty(args, source, owner);
    else {
      await makeFolders(inCopy(folder, '/'), path.dirname(inCopy(folder, source)));
      await copyInto(inCopy(folder, source), { real, shown: source }, { leaveOut, budget, source, signal });
    }
  }
  for (const one of [path.dirname(database), ...empty]) await makeEmpty(args, one, owner);
  await makeEmpty(args, STAGING, owner);
}

/** Where an archive is extracted before its database gets its place; below the copy's `root`, no service mounts it. */
export const STAGING = '/.fdts-ops-staging';

/** Removes the folder of a copy with all that is in it; links in it are removed, not followed. Safe to repeat. */
export async function removeCopyFolder({ folder }: { folder: string }): Promise<null> {
  const [name, copies] = [path.basename(folder), path.dirname(folder)];
  if (!isCopyName(name) || path.basename(copies) !== 'copies')
    throw new OperationError({
      code: 'NOT_A_COPY',
      operation: 'removeCopyFolder',
      target: folder,
      cause: 'only what is called like a copy is removed',
      hint: 'Nothing was removed. Report this: it must never happen.',
      retryable: false,
    });
  await inFolder(copies, { make: false }, () => rm(name, { recursive: true, force: true }));
  return null;
}

/** Every user may go through the folders of a copy: what lies in them has its own modes, and scratch lets nobody in. */
async function makeFolders(from: string, to: string): Promise<void> {
  let folder = from;
  for (const part of path.relative(from, to).split('/')) {
    folder = path.join(folder, part);
    const found = await lstat(folder).catch(() => null);
    if (found?.isDirectory() === true) continue;
    // A link among the copied files must not lead what follows out of the copy.
    if (found !== null) throw copyRefused([`${folder} is no folder, but something mounted lies below it`]);
    await mkdir(folder);
    await chmod(folder, 0o755);
  }
}

/** As the live folder is, or as the data's owner would have it where there is none. */
async function makeEmpty({ folder }: CopyFolderArgs, hostPath: string, owner: Owner): Promise<void> {
  const to = inCopy(folder, hostPath);
  await makeFolders(inCopy(folder, '/'), to);
  const live = await lstat(hostPath).catch(() => null);
  const { uid, gid, mode } = live?.isDirectory() === true ? live : { ...owner, mode: 0o750 };
  await chown(to, uid, gid);
  await chmod(to, mode & 0o7777);
}

interface Copying {
  readonly leaveOut: readonly string[];
  readonly budget: { left: number };
  /** What the compose file mounts. */
  readonly source: string;
  readonly signal: AbortSignal;
}

async function copyInto(
  to: string,
  { real, shown }: { readonly real: string; readonly shown: string },
  how: Copying,
): Promise<void> {
  how.signal.throwIfAborted();
  // What runs of fdts-ops set aside may lie beside the database, and that beside the project.
  if (path.basename(shown).startsWith('.fdts-ops')) return;
  if (how.leaveOut.some((path) => isWithin(shown, path) || isWithin(real, path))) return;
  const stat = await lstat(real);
  // A file that is mounted by itself may lie in a mounted folder as well.
  const there = await lstat(to).catch(() => null);
  if (there !== null && !stat.isDirectory() && !there.isDirectory()) return;
  if (there !== null && stat.isDirectory() !== there.isDirectory())
    throw copyRefused([`${shown} is a folder by one mount and none by another`]);
  if (stat.isSymbolicLink()) {
    await symlink(await readlink(real), to);
    return;
  }
  if (stat.isDirectory()) {
    if (there === null) await mkdir(to);
    for (const name of await readdir(real))
      await copyInto(
        path.join(to, name),
        { real: path.join(real, name), shown: path.join(shown, name) },
        how,
      );
  } else if (stat.isFile()) {
    how.budget.left -= stat.size;
    if (how.budget.left < 0)
      throw copyRefused([
        `${how.source} and what else is mounted has more than copies.maxFolderMegabytes: raise it, or let the copy have it empty`,
      ]);
    // A clone shares blocks, never content: a write to one of both leaves the other as it is.
    await copyFile(real, to, constants.COPYFILE_EXCL | constants.COPYFILE_FICLONE);
  } else throw copyRefused([`${shown} is a socket, a pipe or a device of this machine`]);
  await chown(to, stat.uid, stat.gid);
  await chmod(to, stat.mode & 0o7777);
}
