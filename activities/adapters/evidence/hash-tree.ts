import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { access, chown, constants, lstat, open, readdir, readlink } from 'node:fs/promises';
import { join } from 'node:path';
import type { OperationContext } from '../data-owner/child-messages.ts';
import { explainFailure } from '../data-owner/files/explain-failure.ts';
import type { Owner } from '../data-owner/run-as-owner.ts';

/** What to list, and the new file to list it in; all full paths. */
export interface HashTreeArgs {
  root: string;
  /** Folders that are left out: they are listed by themselves, or are no evidence. */
  without: readonly string[];
  to: string;
  /** Whom the list belongs to. */
  owner: Owner;
}

/** What was listed. */
export interface HashedTree {
  files: number;
  bytes: number;
  /** Entries that could not be read; the list says why. */
  unreadable: number;
}

/**
 * Lists everything below a folder, one JSON line each: path, kind, owner, mode, time, and for a file its size and sha256.
 * Links are not followed. Reads only, and writes the list.
 */
export async function hashTree(
  { root, without, to, owner }: HashTreeArgs,
  { signal, onProgress }: OperationContext,
): Promise<HashedTree> {
  const found: HashedTree = { files: 0, bytes: 0, unreadable: 0 };
  try {
    const handle = await open(to, 'wx', 0o600);
    try {
      for await (const path of pathsBelow(root, new Set(without))) {
        signal.throwIfAborted();
        const line = await describe(path, signal);
        if (line.sha256 !== undefined) found.files += 1;
        if (line.problem !== undefined) found.unreadable += 1;
        found.bytes += line.bytes ?? 0;
        await handle.write(`${JSON.stringify(line)}\n`);
        onProgress({ phase: 'hashing', bytes: found.bytes, totalBytes: 0 });
      }
      await handle.sync();
    } finally {
      await handle.close();
    }
    await chown(to, owner.uid, owner.gid);
    return found;
  } catch (cause) {
    throw explainFailure('hashTree', cause, root);
  }
}

interface Line {
  readonly path: string;
  readonly bytes?: number;
  readonly sha256?: string;
  readonly problem?: string;
  readonly [fact: string]: string | number | undefined;
}

async function describe(path: string, signal: AbortSignal): Promise<Line> {
  try {
    const stat = await lstat(path);
    const { uid, gid, mode } = stat;
    const facts = {
      path,
      uid,
      gid,
      mode: (mode & 0o7777).toString(8),
      modified: stat.mtime.toISOString(),
      changed: stat.ctime.toISOString(),
    };
    if (stat.isSymbolicLink()) return { ...facts, kind: 'link', target: await readlink(path) };
    if (stat.isDirectory())
      return { ...facts, kind: 'folder', ...((await isReadable(path)) ? {} : { problem: 'not readable' }) };
    if (!stat.isFile()) return { ...facts, kind: 'special' };
    return { ...facts, ...(await hashOf(path, signal)) };
  } catch (error) {
    signal.throwIfAborted();
    return { path, problem: error instanceof Error && 'code' in error ? String(error.code) : String(error) };
  }
}

function isReadable(folder: string): Promise<boolean> {
  return access(folder, constants.R_OK | constants.X_OK).then(
    () => true,
    () => false,
  );
}

// Never through a link, and never waiting at a pipe that somebody put there meanwhile.
async function hashOf(path: string, signal: AbortSignal): Promise<{ bytes: number; sha256: string }> {
  const handle = await open(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
  const hash = createHash('sha256');
  let bytes = 0;
  for await (const piece of createReadStream('', { fd: handle, highWaterMark: 1 << 20, signal })) {
    const chunk: Buffer = piece;
    hash.update(chunk);
    bytes += chunk.length;
  }
  return { bytes, sha256: hash.digest('hex') };
}

/** The folder itself must be readable; one below it that is not has a line of its own, with nothing after it. */
async function* pathsBelow(folder: string, without: ReadonlySet<string>): AsyncGenerator<string> {
  for (const entry of (await readdir(folder, { withFileTypes: true })).sort(byName)) {
    const path = join(folder, entry.name);
    if (without.has(path)) continue;
    yield path;
    if (entry.isDirectory() && (await isReadable(path))) yield* pathsBelow(path, without);
  }
}

function byName(a: { readonly name: string }, b: { readonly name: string }): number {
  return a.name < b.name ? -1 : 1;
}
