import { constants } from 'node:fs';
import { copyFile, lstat, rename, rm, utimes } from 'node:fs/promises';
import { dirname } from 'node:path';
import { errorCode } from '../../error-code.ts';
import { hashFile, syncFile, syncFolder } from './durable-file.ts';
import { bytesOf } from './upload-name.ts';

/**
 * Moves a file to a name that is free; names as `nameOf` has them. Where a rename does not reach it is copied as `.part`,
 * fsynced and read back before it gets its name, and only then removed at its origin: a kill leaves it at one place or
 * whole at both.
 */
export async function moveWhole(origin: string, target: string): Promise<void> {
  const [from, to, folder] = [bytesOf(origin), bytesOf(target), bytesOf(dirname(target))];
  if (await couldRename(from, to)) return;
  const source = await lstat(from);
  const part = bytesOf(`${target}.part`);
  await rm(part, { force: true });
  try {
    await copyFile(from, part, constants.COPYFILE_EXCL);
    await utimes(part, source.atime, source.mtime);
    await syncFile(part);
    const [original, copy] = [await hashFile(from), await hashFile(part)];
    if (original.sha256 !== copy.sha256) throw new Error(`the copy ${target}.part differs from ${origin}`);
    await rename(part, to);
  } finally {
    await rm(part, { force: true });
  }
  await syncFolder(folder);
  await rm(from);
}

/** Device numbers do not tell: one disk that is mounted twice has one, and does not rename between its mounts. */
async function couldRename(from: Buffer, to: Buffer): Promise<boolean> {
  try {
    await rename(from, to);
    return true;
  } catch (error) {
    if (errorCode(error) !== 'EXDEV') throw error;
    return false;
  }
}
