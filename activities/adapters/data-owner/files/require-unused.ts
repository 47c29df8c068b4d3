import { readdir, readFile, readlink, stat } from 'node:fs/promises';
import { errorCode } from '../../error-code.ts';
import { OperationError } from '../../operation-error.ts';
import { sidecarsOf } from '../sqlite/open-database.ts';

/**
 * Throws DATABASE_IN_USE when a process holds a lock on the database or its log, or has one of them open. It looks from
 * outside, since SQLite itself repairs or removes a log as soon as it opens a damaged database. Processes of other
 * users show their locks only; that no container has the file open is for the caller to prove.
 */
export async function requireUnused(operation: string, database: string): Promise<void> {
  const paths = [database, ...sidecarsOf(database)];
  const user = (await lockHolder(paths)) ?? (await opener(paths));
  if (user === undefined) return;
  throw new OperationError({
    code: 'DATABASE_IN_USE',
    operation,
    target: database,
    cause: `process ${user} is using it`,
    hint: 'stop the app and whatever else uses the database, then repeat; nothing was changed',
    retryable: true,
  });
}

/** A line of /proc/locks reads `1: POSIX  ADVISORY  READ 4242 08:01:131082 128 128`, its device in hex. */
async function lockHolder(paths: string[]): Promise<string | undefined> {
  const files = new Map<string, true>();
  for (const path of paths) {
    const found = await stat(path, { bigint: true }).catch(() => undefined);
    if (found !== undefined) files.set(`${device(found.dev)}:${found.ino}`, true);
  }
  const locks = await readFile('/proc/locks', 'utf8').catch(() => '');
  for (const line of locks.split('\n')) {
    const [, holder, file] = / (\d+|-1) ([0-9a-f]+:[0-9a-f]+:\d+) /.exec(line) ?? [];
    if (file !== undefined && files.has(file)) return holder;
  }
  return undefined;
}

/** Major and minor number as Linux packs them into st_dev, written as /proc/locks writes them. */
function device(dev: bigint): string {
  const major = ((dev >> 8n) & 0xfffn) | ((dev >> 32n) & 0xfffff000n);
  const minor = (dev & 0xffn) | ((dev >> 12n) & 0xffffff00n);
  return [major, minor].map((number) => number.toString(16).padStart(2, '0')).join(':');
}

async function opener(paths: string[]): Promise<string | undefined> {
  for (const pid of (await readdir('/proc')).filter((name) => /^\d+$/.test(name))) {
    for (const fd of await readdir(`/proc/${pid}/fd`).catch(ignoreHidden)) {
      const target = await readlink(`/proc/${pid}/fd/${fd}`).catch(() => '');
      if (paths.includes(target)) return pid;
    }
  }
  return undefined;
}

/** A process of another user, or one that has just ended. */
function ignoreHidden(error: unknown): string[] {
  if (['EACCES', 'EPERM', 'ENOENT', 'ESRCH'].includes(errorCode(error))) return [];
  throw error;
}
