import { statSync } from 'node:fs';
import type { OperationContext } from '../child-messages.ts';
import { explainFailure } from '../files/explain-failure.ts';
import { checkHealth, type DatabaseHealth } from '../sqlite/database-health.ts';
import { openForChange, readDatabase } from '../sqlite/open-database.ts';
import { ANALYSIS_LIMIT, freeInSlices } from '../sqlite/tidy-live.ts';

/** `waitMs`: how long another one's lock is waited for. */
export interface OptimizeLiveArgs {
  database: string;
  way: 'slices' | 'vacuum' | 'analyze';
  waitMs: number;
}

/** What it did. Sizes in bytes; times in milliseconds. */
export interface OptimizedLive extends Pick<DatabaseHealth, 'integrity' | 'notProven'> {
  bytesBefore: number;
  bytesAfter: number;
  /** The longest single statement that kept writers out, waiting for the lock included. */
  longestMs: number;
  slices: number;
}

/**
 * VACUUM (whole, or in slices) and ANALYZE of a database that the app has open. Every statement is a transaction of
 * SQLite's own, so that a kill leaves it done or not; repeating it is safe. A lock that lasts is `DATABASE_IN_USE`.
 */
export async function optimizeLive(
  { database: path, way, waitMs }: OptimizeLiveArgs,
  { signal, onProgress }: OperationContext,
): Promise<OptimizedLive> {
  const operation = 'optimizeLive';
  try {
    const bytesBefore = statSync(path).size;
    const database = openForChange(operation, path, waitMs);
    let longestMs = 0;
    let slices = 0;
    const timed = (statement: string) => {
      onProgress({ phase: statement.toLowerCase(), bytes: 0, totalBytes: 0 });
      const began = performance.now();
      database.exec(statement);
      longestMs = Math.max(longestMs, Math.ceil(performance.now() - began));
    };
    try {
      if (way === 'slices') ({ slices, longestMs } = await freeInSlices(database, signal));
      if (way === 'vacuum') timed('VACUUM');
      database.pragma(`analysis_limit = ${ANALYSIS_LIMIT}`);
      timed('ANALYZE');
      // The app goes on from here; what of the log is not written back now, its own checkpoints write.
      database.pragma('wal_checkpoint(PASSIVE)');
    } finally {
      database.close();
    }
    const { integrity, notProven } = await readDatabase(operation, path, (found) =>
      checkHealth(found, false),
    );
    return { bytesBefore, bytesAfter: statSync(path).size, longestMs, slices, integrity, notProven };
  } catch (cause) {
    throw explainFailure(operation, cause, path);
  }
}
