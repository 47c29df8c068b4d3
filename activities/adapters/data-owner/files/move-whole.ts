import { constants } from 'node:fs';
import { copyFile, lstat, rename, rm, utimes } from 'node:fs/promises';
import { dirname } from 'node:path';
import { hashFile, syncFile, syncFolder } from './durable-file.ts';

/**
 * Moves a file to a name that is free. Between file systems it is copied as `.part`, fsynced and read back before it
 * gets its name, and only then removed at its origin: a kill leaves it at one place or whole at both.
 */
export async function moveWhole(from: string, to: string): Promise<void> {
  const source = await lstat(from);
  if (source.dev === (await lstat(dirname(to))).dev) {
    await rename(from, to);
    return;
  }
  const part = `${to}.part`;
  await rm(part, { force: true });
  try {
    await copyFile(from, part, constants.COPYFILE_EXCL);
    await utimes(part, source.atime, source.mtime);
    await syncFile(part);
    const [original, copy] = [await hashFile(from), await hashFile(part)];
    if (original.sha256 !== copy.sha256) throw new Error(`the copy ${part} differs from ${from}`);
    await rename(part, to);
  } finally {
    await rm(part, { force: true });
  }
  await syncFolder(dirname(to));
  await rm(from);
}
