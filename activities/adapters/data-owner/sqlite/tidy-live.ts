import { setTimeout as wait } from 'node:timers/promises';
import type Database from 'better-sqlite3';

/** Rows of each index that ANALYZE looks at: enough for the planner, and milliseconds instead of seconds. */
export const ANALYSIS_LIMIT = 400;

/** Pages that are given back while writers wait: 2 MB of 4096. */
const PAGES_IN_SLICE = 500;

/** Between two slices, so that everybody who waits gets the lock. */
const PAUSE_MS = 20;

/** Gives free pages back to the disk, a slice at a time. Each slice is a transaction of its own: it may end anywhere. */
export async function freeInSlices(
  database: Database.Database,
  signal: AbortSignal,
): Promise<{ slices: number; longestMs: number }> {
  let slices = 0;
  let longestMs = 0;
  for (let free = freePages(database); free > 0; ) {
    signal.throwIfAborted();
    database.exec('BEGIN IMMEDIATE');
    const began = performance.now();
    database.exec(`PRAGMA incremental_vacuum(${PAGES_IN_SLICE}); COMMIT`);
    longestMs = Math.max(longestMs, Math.ceil(performance.now() - began));
    slices += 1;
    const left = freePages(database);
    // Pages that the app freed meanwhile are the next run's.
    if (left >= free) break;
    free = left;
    await wait(PAUSE_MS);
  }
  return { slices, longestMs };
}

function freePages(database: Database.Database): number {
  return Number(database.pragma('freelist_count', { simple: true }));
}
