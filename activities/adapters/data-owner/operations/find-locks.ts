import { readFileSync, statSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import { errorCode, errorMessage } from '../../error-code.ts';
import type { OperationContext } from '../child-messages.ts';
import { explainFailure } from '../files/explain-failure.ts';
import { readDatabase } from '../sqlite/open-database.ts';

/** How a database can be reached, and who keeps others from writing. */
export interface DatabaseAccess {
  /** Milliseconds that one small read took; null when it failed. */
  readMs: number | null;
  /** Why it failed: the code of the failure and its words. */
  problem: { code: string; told: string } | null;
  /** Processes that held the write lock all the time that was looked at. */
  holders: HeldLock[];
  /** For how long was looked. */
  lookedMs: number;
}

interface HeldLock {
  pid: number;
  lock: 'write' | 'exclusive';
}

const EVERY_MS = 100;
/** The bytes that SQLite locks: of the -shm in WAL mode, of the database itself otherwise. */
const WAL_WRITE_BYTE = 120;
const RESERVED_BYTE = 0x4000_0001;
const SHARED_FIRST = 0x4000_0002;

/**
 * Reads a little from a database, and looks for `seconds` who holds its write lock, by the kernel's own list: nothing
 * is locked for it, and a writer that is only busy is not taken for one that is stuck. Changes nothing.
 */
export async function findLocks(
  { database: path, seconds, locks = '/proc/locks' }: { database: string; seconds: number; locks?: string },
  { onProgress, signal }: OperationContext,
): Promise<DatabaseAccess> {
  const operation = 'findLocks';
  const read = await readALittle(operation, path);
  const rounds = Math.max(1, Math.ceil((seconds * 1000) / EVERY_MS));
  const seen = new Map<number, Omit<HeldLock, 'pid'> & { rounds: number }>();
  for (let round = 0; round < rounds; round += 1) {
    if (round > 0) await delay(EVERY_MS, undefined, { signal });
    onProgress({ phase: 'looking for locks', bytes: round, totalBytes: 0 });
    for (const { pid, lock } of holdersNow(path, locks))
      seen.set(pid, { lock, rounds: (seen.get(pid)?.rounds ?? 0) + 1 });
  }
  const holders = [...seen].flatMap(([pid, { lock, rounds: count }]) =>
    count === rounds && rounds > 1 ? [{ pid, lock }] : [],
  );
  return { ...read, holders, lookedMs: (rounds - 1) * EVERY_MS };
}

async function readALittle(
  operation: string,
  path: string,
): Promise<Pick<DatabaseAccess, 'readMs' | 'problem'>> {
  const started = performance.now();
  try {
    await readDatabase(operation, path, (database) =>
      database.prepare('SELECT count(*) FROM sqlite_schema').get(),
    );
    return { readMs: performance.now() - started, problem: null };
  } catch (cause) {
    const { code } = explainFailure(operation, cause, path);
    return { readMs: null, problem: { code, told: errorMessage(cause) } };
  }
}

function holdersNow(path: string, locks: string): HeldLock[] {
  const database = inodeOf(path);
  const shared = inodeOf(`${path}-shm`);
  return readFileSync(locks, 'utf8')
    .split('\n')
    .flatMap((line): HeldLock[] => {
      // 12: POSIX  ADVISORY  WRITE 4242 08:01:131090 120 120
      const found = /^\d+: POSIX +\w+ +WRITE (\d+) \S+:(\d+) (\d+) (\d+|EOF)/.exec(line);
      if (found === null) return [];
      const [, pid = '', inode = '', first = '', last = ''] = found;
      const covers = (byte: number) => Number(first) <= byte && (last === 'EOF' || byte <= Number(last));
      if (inode === shared && covers(WAL_WRITE_BYTE)) return [{ pid: Number(pid), lock: 'write' }];
      if (inode !== database) return [];
      if (covers(SHARED_FIRST)) return [{ pid: Number(pid), lock: 'exclusive' }];
      return covers(RESERVED_BYTE) ? [{ pid: Number(pid), lock: 'write' }] : [];
    });
}

function inodeOf(path: string): string | undefined {
  try {
    return String(statSync(path).ino);
  } catch (error) {
    if (errorCode(error) === 'ENOENT') return undefined;
    throw explainFailure('findLocks', error, path);
  }
}
