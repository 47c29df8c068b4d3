import { constants } from 'node:fs';
import { type FileHandle, open } from 'node:fs/promises';
import { errorCode } from '../error-code.ts';

/** A file's content at one moment, with what the bundle keeps of it. */
export interface WholeFile {
  content: Buffer;
  mode: number;
  uid: number;
  gid: number;
  /** Seconds since 1970. */
  mtime: number;
}

const ATTEMPTS = 3;

/**
 * Reads a small file whole, as it was at one moment; when it changes under the reading, again, three times. Gives a
 * reason instead of throwing: what cannot be read is left out of the bundle, and said.
 */
export async function readWhole(path: string, mostBytes: number): Promise<WholeFile | string> {
  for (let attempt = 1; attempt <= ATTEMPTS; attempt += 1) {
    const handle = await openFile(path);
    if (typeof handle === 'string') return handle;
    try {
      const read = await readOnce(handle, mostBytes);
      if (read !== null) return read;
    } finally {
      await handle.close();
    }
  }
  return `it changed each of the ${ATTEMPTS} times that it was read`;
}

/** null: it changed meanwhile. */
async function readOnce(handle: FileHandle, mostBytes: number): Promise<WholeFile | string | null> {
  const before = await handle.stat({ bigint: true });
  if (!before.isFile()) return 'not a regular file';
  if (before.size > BigInt(mostBytes)) return `too large: ${before.size} bytes`;
  const content = await handle.readFile();
  const after = await handle.stat({ bigint: true });
  const isSame = after.mtimeNs === before.mtimeNs && after.ctimeNs === before.ctimeNs;
  if (!isSame || BigInt(content.length) !== after.size) return null;
  return {
    content,
    mode: Number(after.mode) & 0o7777,
    uid: Number(after.uid),
    gid: Number(after.gid),
    mtime: Number(after.mtimeNs / 1_000_000_000n),
  };
}

/** O_NOFOLLOW: what was a file when listed may be a link by now. O_NONBLOCK: opening a pipe must not wait. */
async function openFile(path: string): Promise<FileHandle | string> {
  try {
    return await open(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
  } catch (error) {
    return whyUnread(error);
  }
}

/** Why a path could not be looked at, in words; throws what says nothing about the path itself. */
export function whyUnread(error: unknown): string {
  const why = REASONS[errorCode(error)];
  if (why === undefined) throw error;
  return why;
}

/** Nothing has that name. */
export const ABSENT = 'it does not exist';

const REASONS: Readonly<Record<string, string>> = {
  ENOENT: ABSENT,
  ENOTDIR: ABSENT,
  ELOOP: 'it is a link',
  EACCES: 'it may not be read',
  EPERM: 'it may not be read',
  ENXIO: 'not a regular file',
  EIO: 'the disk gave an error',
};
