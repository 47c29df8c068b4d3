import { stat, statfs } from 'node:fs/promises';
import { tryCommand } from '../command/run-command.ts';
import { errorCode } from '../error-code.ts';
import { mountPoint } from './mount-point.ts';

/** What a path of this host is now; links are followed, as the worker follows them. */
export type PathFacts = {
  readonly kind: 'file' | 'folder' | 'missing' | 'unreadable';
  readonly uid: number;
  readonly gid: number;
  /** Permission bits. */
  readonly mode: number;
  /** The mount that it is on; null when it is not there. */
  readonly mount: string | null;
  /** For ordinary users, on that file system. */
  readonly freeBytes: number;
};

const NOTHING = { uid: -1, gid: -1, mode: 0, mount: null, freeBytes: 0 };

/** Looks at a path. What is not there is an answer, not an error. */
export const pathFacts = async (path: string): Promise<PathFacts> => {
  try {
    const found = await stat(path);
    const { bavail, bsize } = await statfs(path);
    const { uid, gid, mode } = found;
    const kind = found.isDirectory() ? 'folder' : 'file';
    return { kind, uid, gid, mode: mode & 0o7777, mount: await mountPoint(path), freeBytes: bavail * bsize };
  } catch (error) {
    const isMissing = ['ENOENT', 'ENOTDIR'].includes(errorCode(error) ?? '');
    return { kind: isMissing ? 'missing' : 'unreadable', ...NOTHING };
  }
};

/** Whether a user may read or write a path, asked as that user. Only root can ask for others. */
export const mayAccess = async (
  user: { readonly uid: number; readonly gid: number },
  right: 'read' | 'write',
  path: string,
): Promise<boolean> => {
  const argv = ['test', right === 'read' ? '-r' : '-w', path] as const;
  return (await tryCommand({ argv, cwd: '/', runAs: user }, { timeoutMs: 15_000 })).exitCode === 0;
};

/** The numbers of a user of this host by name; null when there is none. */
export const userByName = async (
  name: string,
): Promise<{ readonly uid: number; readonly gid: number } | null> => {
  const { stdout } = await tryCommand({ argv: ['getent', 'passwd', name] }, { timeoutMs: 15_000 });
  const [, , uid, gid] = stdout.split(':');
  return uid === undefined || gid === undefined ? null : { uid: Number(uid), gid: Number(gid) };
};

/** How much the files of a folder take, without those of other file systems; null when it could not be told in time. */
export const folderBytes = async (folder: string): Promise<number | null> => {
  const command = { argv: ['du', '-sxb', '--', folder] } as const;
  const answer = await tryCommand(command, { timeoutMs: 30_000 }).catch(() => null);
  const bytes = Number.parseInt(answer?.stdout ?? '', 10);
  return Number.isNaN(bytes) ? null : bytes;
};
