import { lstat, rm } from 'node:fs/promises';
import { dirname } from 'node:path';
import type { OperationContext } from '../child-messages.ts';
import { partOf, removeParts, takeAfter } from '../files/database-folder.ts';
import { hashFile, syncFile } from '../files/durable-file.ts';
import { moveWhole } from '../files/move-whole.ts';
import { replaceOnce } from '../files/replace-once.ts';
import { removeDatabase } from '../files/snapshot-database.ts';
import { look, swapDatabase } from '../files/swap-database.ts';
import { type Compacted, compactDatabase } from '../sqlite/compact-database.ts';
import { settleDatabase } from './settle-database.ts';

/** All are full paths. `asideDir` (`.fdts-ops-…`) is made; its parent must be on the file system of the database. */
export interface OptimizeDatabaseArgs {
  database: string;
  asideDir: string;
  runId: string;
  /** Where the new database is written; the folder of the database unless given. */
  workDir?: string;
}

/** What VACUUM and ANALYZE did. Sizes in bytes. */
export interface OptimizedDatabase extends Compacted {
  bytesBefore: number;
  bytesAfter: number;
  seconds: number;
}

const operation = 'optimizeDatabase';

/**
 * VACUUM and ANALYZE with the app stopped, into a new file that is checked against the original and then renamed into
 * its place; the original stays untouched in `asideDir`. Repeating it after the swap answers the same again, before it
 * starts over. A kill or a failure leaves the original in place, or the whole new one: never a half one.
 */
export async function optimizeDatabase(
  args: OptimizeDatabaseArgs,
  context: OperationContext,
): Promise<OptimizedDatabase> {
  return replaceOnce(operation, args, () => optimize(args, context));
}

async function optimize(args: OptimizeDatabaseArgs, { signal, onProgress }: OperationContext) {
  const { database, asideDir, runId } = args;
  const started = performance.now();
  await settleDatabase({ database });
  const seen = await look(database);
  const { size: bytesBefore } = await lstat(database);
  const workDir = args.workDir ?? dirname(database);
  const part = partOf(database, runId, workDir);
  const beside = partOf(database, runId);
  await removeParts(database);
  await removeDatabase(part);
  try {
    const reading = (bytes: number) =>
      onProgress({ phase: 'reading the original', bytes, totalBytes: bytesBefore });
    const original = await hashFile(database, reading, signal);
    const compacted = await compactDatabase(operation, database, part, (phase) => {
      onProgress({ phase, bytes: 0, totalBytes: bytesBefore });
    });
    signal.throwIfAborted();
    if (part !== beside) await moveWhole(part, beside);
    const replacement = await hashFile(beside, undefined, signal);
    await takeAfter(beside, database);
    await syncFile(beside);
    const seconds = Math.round(performance.now() - started) / 1_000;
    const result: OptimizedDatabase = { ...compacted, bytesBefore, bytesAfter: replacement.bytes, seconds };
    const record = {
      format: 1 as const,
      runId,
      database,
      original,
      replacement,
      result: JSON.stringify(result),
    };
    await swapDatabase({ operation, asideDir, replacement: beside, record, seen });
    return result;
  } finally {
    await removeDatabase(part);
    await rm(beside, { force: true });
  }
}
