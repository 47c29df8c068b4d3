import { statSync } from 'node:fs';
import { mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type Database from 'better-sqlite3';
import type { OperationContext } from '../child-messages.ts';
import { explainFailure } from '../files/explain-failure.ts';
import { requireFreeSpace } from '../files/require-free-space.ts';
import { removeDeadScratch, scratchFolderName } from '../files/scratch-folder.ts';
import { snapshotDatabase } from '../files/snapshot-database.ts';
import { lastWrittenBy } from '../sqlite/library-version.ts';
import { openForChange, ownSqliteVersion } from '../sqlite/open-database.ts';
import { ANALYSIS_LIMIT, freeInSlices } from '../sqlite/tidy-live.ts';

/** Full paths. The copy is written into `scratch` and removed again. */
export interface MeasureOptimizeArgs {
  database: string;
  scratch: string;
}

/** What VACUUM and ANALYZE would gain, and for how long each would keep writers out, as measured on a copy. */
export interface OptimizeMeasured {
  bytes: number;
  compactBytes: number;
  /** Whether pages can be given back in slices (auto_vacuum = incremental). */
  inSlices: boolean;
  vacuumMs: number;
  analyzeMs: number;
  /** Of the longest slice; null when it cannot be done in slices. */
  longestSliceMs: number | null;
  /** The SQLite that last wrote the live file's first page; null when the file does not say. */
  lastWrittenBy: string | null;
  ownVersion: string;
}

/** Copies a live database into scratch and tidies the copy, watching the clock. Changes nothing that is live. */
export async function measureOptimize(
  { database, scratch }: MeasureOptimizeArgs,
  context: OperationContext,
): Promise<OptimizeMeasured> {
  const operation = 'measureOptimize';
  const folder = join(scratch, scratchFolderName());
  try {
    const writtenBy = lastWrittenBy(database);
    await removeDeadScratch(scratch);
    // The copy, its log while it is vacuumed, and SQLite's own temporary file.
    await requireFreeSpace(operation, scratch, 3 * statSync(database).size);
    await mkdir(folder, { recursive: true, mode: 0o700 });
    const copy = join(folder, 'copy.sqlite');
    await snapshotDatabase(operation, database, copy, context);
    const measured = await measureCopy(operation, copy, context);
    return { ...measured, lastWrittenBy: writtenBy, ownVersion: ownSqliteVersion };
  } catch (cause) {
    throw explainFailure(operation, cause, database);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

async function measureCopy(operation: string, copy: string, { signal, onProgress }: OperationContext) {
  const database = openForChange(operation, copy);
  try {
    const bytes = sizeOf(database);
    const inSlices = Number(database.pragma('auto_vacuum', { simple: true })) === 2;
    onProgress({ phase: 'analyze', bytes: 0, totalBytes: bytes });
    database.pragma(`analysis_limit = ${ANALYSIS_LIMIT}`);
    const analyzeMs = timed(() => database.exec('ANALYZE'));
    signal.throwIfAborted();
    onProgress({ phase: 'vacuum', bytes: 0, totalBytes: bytes });
    const sliced = inSlices ? await freeInSlices(database, signal) : null;
    const vacuumMs = timed(() => database.exec('VACUUM'));
    return {
      bytes,
      compactBytes: sizeOf(database),
      inSlices,
      vacuumMs,
      analyzeMs,
      longestSliceMs: sliced?.longestMs ?? null,
    };
  } finally {
    database.close();
  }
}

function sizeOf(database: Database.Database): number {
  const number = (pragma: string) => Number(database.pragma(pragma, { simple: true }));
  return number('page_count') * number('page_size');
}

function timed(work: () => void): number {
  const began = performance.now();
  work();
  return Math.round(performance.now() - began);
}
