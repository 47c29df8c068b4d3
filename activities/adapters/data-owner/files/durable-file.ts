import { createHash } from 'node:crypto';
import type { PathLike } from 'node:fs';
import { link, lstat, open, rename, rm } from 'node:fs/promises';
import { dirname } from 'node:path';
import { errorCode } from '../../error-code.ts';
import { readChunks } from './read-chunks.ts';

/** Makes the names in a folder durable: a rename alone does not survive a power cut. */
export async function syncFolder(folder: PathLike): Promise<void> {
  const handle = await open(folder, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

/** Makes a file's content durable. */
export async function syncFile(path: PathLike): Promise<void> {
  const handle = await open(path, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

/** Writes a small file whole or not at all, replacing an older one of that name. */
export async function writeDurably(path: string, text: string, part: string = `${path}.part`): Promise<void> {
  await rm(part, { force: true });
  try {
    const handle = await open(part, 'wx', 0o640);
    try {
      await handle.writeFile(text);
      await handle.sync();
    } finally {
      await handle.close();
    }
    await rename(part, path);
  } catch (error) {
    await rm(part, { force: true });
    throw error;
  }
  await syncFolder(dirname(path));
}

/** Gives a finished, fsynced part its final name; throws EEXIST rather than replace anything that has that name. */
export async function publishNew(part: string, path: string): Promise<void> {
  try {
    await link(part, path);
  } catch (error) {
    if (!['EPERM', 'ENOTSUP', 'EOPNOTSUPP', 'ENOSYS', 'EMLINK'].includes(errorCode(error))) throw error;
    await renameWithoutLinks(part, path);
  }
  await rm(part, { force: true });
  await syncFolder(dirname(path));
}

/** Size and sha256 (hex) of a file. Never for a database that this process has open: closing drops SQLite's locks. */
export async function hashFile(
  path: PathLike,
  onBytes?: (bytes: number) => void,
  signal?: AbortSignal,
): Promise<{ bytes: number; sha256: string }> {
  const hash = createHash('sha256');
  let bytes = 0;
  for await (const chunk of readChunks(path, signal)) {
    hash.update(chunk);
    bytes += chunk.length;
    onBytes?.(bytes);
  }
  return { bytes, sha256: hash.digest('hex') };
}

/** Whether anything has this name, a dangling link included. */
export async function exists(path: PathLike): Promise<boolean> {
  return (await lstat(path).catch(() => undefined)) !== undefined;
}

/** For file systems without hard links (exFAT, some network ones); the folder lock keeps other runs of ours away. */
async function renameWithoutLinks(part: string, path: string): Promise<void> {
  if (await exists(path)) throw Object.assign(new Error(`EEXIST: ${path} exists`), { code: 'EEXIST', path });
  await rename(part, path);
}
