import { createHash } from 'node:crypto';
import { type BigIntStats, closeSync, constants, fstatSync, openSync, read, readSync } from 'node:fs';
import { promisify } from 'node:util';
import { onDisk } from '../files/upload-name.ts';
import { type UploadProblem, type UploadWarning, uploadProblems } from '../files/upload-problem.ts';
import { problemOf, type UploadEntry } from '../files/walk-uploads.ts';
import type { BackedUpFile } from './backup-manifest.ts';
import { type TarEntry, tarBlock, tarEntrySize, tarHeader, tarPadding } from './tar-header.ts';

/** Thrown when a large upload shrank in the middle of being written: its header is out already, so the pass starts again. */
export class UploadShrankError extends Error {
  override readonly name = 'UploadShrankError';
  readonly path: string;

  constructor(path: string) {
    super('an upload shrank while it was read');
    this.path = path;
  }
}

/** What came to light at the end of a pass: uploads that belong in the archive although their turn went by. */
export interface LateUploads {
  find: () => Promise<UploadEntry[]>;
  /** Called for each that the archive has no room for; throws when the pass is to start again. */
  onNoRoom: (entry: UploadEntry) => void;
}

/** What is told while the uploads are read. */
export interface UploadReport {
  onFile: (file: BackedUpFile) => void;
  onWarning: (warning: UploadWarning) => void;
}

const noneLate: LateUploads = { find: () => Promise.resolve([]), onNoRoom: () => undefined };

/**
 * Files up to this size are read whole before their header is written, so a change meanwhile costs nothing; and at once:
 * this process does nothing else, and a call in the background takes longer than to read most of them.
 */
const readWholeBytes = 8 << 20;

const readInBackground = promisify(read);

/** The exact size that `uploadTar` will have for these entries. */
export function uploadTarSize(entries: readonly UploadEntry[]): number {
  return entries.reduce((sum, entry) => sum + tarEntrySize(toTar(entry, entry.size)), 0) + 2 * tarBlock;
}

/**
 * Uploads as a tar of a size fixed beforehand while users go on: a file that grew is cut at its listed size, one that
 * shrank is kept with its new size, one that vanished is left out, as is one that another file of another size took the
 * place of; each is reported, none is filled with zeros. The bytes saved by that are for late ones, which come last; what
 * is left of them comes as further zero blocks after the end of the archive, where tar expects padding.
 */
export async function* uploadTar(
  root: string,
  entries: readonly UploadEntry[],
  report: UploadReport,
  late = noneLate,
): AsyncGenerator<Buffer> {
  let left = uploadTarSize(entries);
  const write = async function* (entry: UploadEntry): AsyncGenerator<Buffer> {
    for await (const piece of entry.isFolder ? folder(entry) : file(root, entry, report)) {
      left -= piece.length;
      yield piece;
    }
  };
  for (const entry of entries) yield* write(entry);
  for (const entry of await late.find()) {
    if (tarEntrySize(toTar(entry, entry.size)) > left - 2 * tarBlock) late.onNoRoom(entry);
    else yield* write(entry);
  }
  for (const zeros = Buffer.alloc(1 << 16); left > 0; left -= Math.min(left, zeros.length)) {
    yield zeros.subarray(0, Math.min(left, zeros.length));
  }
}

function* folder(entry: UploadEntry): Generator<Buffer> {
  yield tarHeader(toTar(entry, 0));
}

async function* file(
  root: string,
  entry: UploadEntry,
  { onFile, onWarning }: UploadReport,
): AsyncGenerator<Buffer> {
  const opened = openUpload(onDisk(root, entry.path), entry);
  if (typeof opened === 'string') {
    onWarning({ path: entry.path, what: opened });
    return;
  }
  const { descriptor, size: now } = opened;
  try {
    if (now > entry.size) onWarning({ path: entry.path, what: uploadProblems.grew });
    if (now < entry.size) onWarning({ path: entry.path, what: uploadProblems.shrank });
    const size = Math.min(now, entry.size);
    const whole = size <= readWholeBytes ? readUpTo(descriptor, size) : undefined;
    const finalSize = whole?.length ?? size;
    yield tarHeader(toTar(entry, finalSize));
    const hash = createHash('sha256');
    for await (const piece of whole === undefined ? readExactly(descriptor, size, entry.path) : [whole]) {
      hash.update(piece);
      yield piece;
    }
    yield tarPadding(finalSize);
    onFile({ path: entry.path, size: finalSize, sha256: hash.digest('hex') });
  } finally {
    closeSync(descriptor);
  }
}

/** Open, with its size by now, or why not. O_NOFOLLOW: what was a file when listed may be a link by now, or a pipe. */
function openUpload(path: Buffer, listed: UploadEntry): { descriptor: number; size: number } | UploadProblem {
  try {
    const descriptor = openSync(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
    const stat = fstatSync(descriptor, { bigint: true });
    const size = Number(stat.size);
    // Cut at the listed size, another file would be one that never was; one of that size is whole.
    const isReplaced = size !== listed.size && !isSameFile(stat, listed);
    if (stat.isFile() && !isReplaced) return { descriptor, size };
    closeSync(descriptor);
    return stat.isFile() ? uploadProblems.vanished : uploadProblems.notAFile;
  } catch (error) {
    const problem = problemOf(error);
    if (problem === undefined) throw error;
    return problem;
  }
}

/** The number alone says too little: a new file often gets that of one that was just deleted. */
function isSameFile({ ino, birthtimeMs }: BigIntStats, { inode, bornMs }: UploadEntry): boolean {
  return Number(ino) === inode && Number(birthtimeMs) === bornMs;
}

function readUpTo(descriptor: number, size: number): Buffer {
  const buffer = Buffer.allocUnsafe(size);
  let filled = 0;
  while (filled < size) {
    const bytesRead = readSync(descriptor, buffer, filled, size - filled, filled);
    if (bytesRead === 0) break;
    filled += bytesRead;
  }
  return buffer.subarray(0, filled);
}

async function* readExactly(descriptor: number, size: number, path: string): AsyncGenerator<Buffer> {
  for (let at = 0; at < size; ) {
    const buffer = Buffer.allocUnsafe(Math.min(1 << 20, size - at));
    const { bytesRead } = await readInBackground(descriptor, buffer, 0, buffer.length, at);
    if (bytesRead === 0) throw new UploadShrankError(path);
    at += bytesRead;
    yield buffer.subarray(0, bytesRead);
  }
}

function toTar({ path, isFolder, mode, uid, gid, mtimeNs }: UploadEntry, size: number): TarEntry {
  return { name: path, isFolder, size, mode, uid, gid, mtime: Number(BigInt(mtimeNs) / 1_000_000_000n) };
}
