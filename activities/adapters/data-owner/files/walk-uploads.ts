import { type BigIntStats, lstatSync } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { setImmediate as turn } from 'node:timers/promises';
import { errorCode } from '../../error-code.ts';
import { isOwnFolder } from './upload-entries.ts';
import { whereLinkLeads } from './upload-link.ts';
import { keptMode } from './upload-mode.ts';
import { nameOf, onDisk } from './upload-name.ts';
import { type UploadProblem, type UploadWarning, uploadProblems } from './upload-problem.ts';

/** A file or folder below the uploads folder as it was when it was listed. */
export interface UploadEntry {
  /** Relative to the uploads folder, with `/`; a name that is not UTF-8 as `nameOf` has it. */
  path: string;
  isFolder: boolean;
  /** Bytes; 0 for a folder. */
  size: number;
  /** Nanoseconds since 1970, as text since it exceeds a number's precision. */
  mtimeNs: string;
  /** As `keptMode` keeps it. */
  mode: number;
  uid: number;
  gid: number;
  /** What a move keeps. */
  inode: number;
  /** When it was made, in milliseconds since 1970; 0 where the file system does not know. */
  bornMs: number;
}

/** How to go through the uploads. */
export interface WalkOptions {
  /** Names directly in the uploads folder that are left out: `data.uploadsExclude`. */
  without?: readonly string[] | undefined;
  onWarning?: ((warning: UploadWarning) => void) | undefined;
}

/** After so many files the process looks whether it is to stop. */
const TURN_AFTER = 500;

/**
 * Lists files and folders in the order of their names. Links, sockets and devices are not followed but reported to
 * `onWarning`, as is what was left out, folders that may not be read, and what vanished while listing.
 */
export async function* walkUploads(
  root: string,
  options: WalkOptions = {},
  folder = '',
): AsyncGenerator<UploadEntry> {
  const { without = [], onWarning = () => undefined } = options;
  for (const [index, rawName] of (await namesIn(root, folder, onWarning)).entries()) {
    if (index % TURN_AFTER === TURN_AFTER - 1) await turn();
    if (folder === '' && isOwnFolder(rawName.toString('latin1'))) continue;
    const name = nameOf(rawName);
    const path = folder === '' ? name : `${folder}/${name}`;
    if (folder === '' && without.includes(name)) {
      onWarning({ path, what: uploadProblems.excluded });
      continue;
    }
    const stat = statOf(onDisk(root, path));
    if (typeof stat === 'string') {
      onWarning({ path, what: stat });
    } else if (stat.isFile() || stat.isDirectory()) {
      const isFolder = stat.isDirectory();
      yield {
        path,
        isFolder,
        size: isFolder ? 0 : Number(stat.size),
        mtimeNs: String(stat.mtimeNs),
        mode: keptMode(Number(stat.mode), isFolder),
        uid: Number(stat.uid),
        gid: Number(stat.gid),
        inode: Number(stat.ino),
        bornMs: Number(stat.birthtimeMs),
      };
      if (isFolder) yield* walkUploads(root, options, path);
    } else {
      const what = stat.isSymbolicLink() ? await whereLinkLeads(root, path) : uploadProblems.notAFile;
      onWarning({ path, what });
    }
  }
}

/** Asked at once: one by one in the background would take ten times as long, and this process does nothing else. */
function statOf(path: Buffer): BigIntStats | UploadProblem {
  try {
    return lstatSync(path, { bigint: true });
  } catch (error) {
    return whyNot(error);
  }
}

/** Names in byte order. The uploads folder itself must be readable; one below it may be private or vanish. */
async function namesIn(
  root: string,
  folder: string,
  onWarning: (warning: UploadWarning) => void,
): Promise<Buffer[]> {
  try {
    return (await readdir(onDisk(root, folder), { encoding: 'buffer' })).sort((a, b) => a.compare(b));
  } catch (error) {
    if (folder === '') throw error;
    onWarning({ path: folder, what: whyNot(error) });
    return [];
  }
}

/** Why a file or folder cannot be opened when that is no failure of this machine; undefined when it is one. */
export function problemOf(error: unknown): UploadProblem | undefined {
  const code = errorCode(error);
  if (code === 'ENOENT' || code === 'ENOTDIR') return uploadProblems.vanished;
  if (code === 'ELOOP' || code === 'ENXIO') return uploadProblems.notAFile;
  if (code === 'EACCES' || code === 'EPERM') return uploadProblems.unreadable;
  return undefined;
}

function whyNot(error: unknown): UploadProblem {
  const problem = problemOf(error);
  if (problem === undefined) throw error;
  return problem;
}

/** What `walkUploads` finds, all of it. */
export async function listUploadEntries(root: string, options: WalkOptions = {}): Promise<UploadEntry[]> {
  const entries: UploadEntry[] = [];
  for await (const entry of walkUploads(root, options)) entries.push(entry);
  return entries;
}
