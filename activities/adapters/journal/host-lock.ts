import { setTimeout as wait } from 'node:timers/promises';
import Database from 'better-sqlite3';
import { leaveToFolderOwner } from '../machine/leave-to-folder-owner.ts';

/** The lock of a host while one change is made. Released by `release`, or by the kernel when its process ends. */
export interface HostLock {
  release(): void;
}

/**
 * Takes the host's lock: one change at a time, across attempts in one worker, a second worker and `recover`.
 * It is an exclusive transaction on a file of its own: unlike a lock file it never outlives its process.
 * `onWait` is called once when another change is being made.
 * @throws the signal's reason when it is aborted while waiting.
 */
export async function acquireHostLock(
  file: string,
  signal: AbortSignal,
  onWait: () => void = () => undefined,
): Promise<HostLock> {
  for (let tries = 1; ; tries += 1) {
    signal.throwIfAborted();
    const lock = tryLock(file);
    if (lock !== null) return lock;
    if (tries === 1) onWait();
    // Cut short by an abort, whose own reason is thrown above.
    await wait(100, undefined, { signal }).catch(() => undefined);
  }
}

function tryLock(file: string): HostLock | null {
  const db = new Database(file, { timeout: 0 });
  leaveToFolderOwner(file);
  try {
    db.exec('BEGIN EXCLUSIVE');
  } catch (error) {
    db.close();
    if (error instanceof Database.SqliteError && error.code.startsWith('SQLITE_BUSY')) return null;
    throw error;
  }
  return {
    release: () => {
      db.exec('ROLLBACK');
      db.close();
    },
  };
}
