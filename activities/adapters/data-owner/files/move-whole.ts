import { constants } from 'node:fs';
import { copyFile, lstat, rename, rm, utimes } from 'node:fs/promises';
import { dirname } from 'node:path';
import { hashFile, syncFile, syncFolder } from './durable-file.ts';
import { bytesOf } from './upload-name.ts';

/**
 * Moves a file to a name that is free; names as `nameOf` has them. Between file systems it is copied as `.part`, fsynced
 * and read back before it gets its name, and only then removed at its origin: a kill leaves it at one place or whole at
 * both.
 */
export async function moveWhole(origin: string, target: string): Promise<void> {
  const [from, to, folder] = [bytesOf(origin), bytesOf(target), bytesOf(dirname(target))];
  const source = await lstat(from);
  if (source.dev === (await lstat(folder)).dev) {
    await rename(from, to);
    return;
  }
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
