import { lstat, rm } from 'node:fs/promises';
import { OperationError } from '../../operation-error.ts';
import type { OperationContext } from '../child-messages.ts';
import { partOf, removeParts, takeAfter } from '../files/database-folder.ts';
import { hashFile, syncFile } from '../files/durable-file.ts';
import { replaceOnce } from '../files/replace-once.ts';
import { look, swapDatabase } from '../files/swap-database.ts';
import { keepCopy } from '../restore/make-ready.ts';
import { settleDatabase } from './settle-database.ts';

/** Full paths, as `restoreAside` takes them to put the original back. */
export interface SetDatabaseAsideArgs {
  database: string;
  asideDir: string;
  runId: string;
}

/** What lies aside. */
export interface DatabaseAside {
  bytes: number;
  sha256: string;
}

const operation = 'setDatabaseAside';

/**
 * Keeps the database as it is now in `asideDir`, untouched whatever happens to the one that goes on being used: a copy,
 * the same byte for byte, takes its place by a rename. The app must be stopped. Repeating it answers the same; a kill
 * leaves the original in place, or the whole copy.
 */
export async function setDatabaseAside(
  args: SetDatabaseAsideArgs,
  context: OperationContext,
): Promise<DatabaseAside> {
  return replaceOnce(operation, args, () => setAside(args, context));
}

async function setAside(
  { database, asideDir, runId }: SetDatabaseAsideArgs,
  { signal, onProgress }: OperationContext,
): Promise<DatabaseAside> {
  await settleDatabase({ database });
  const seen = await look(database);
  const { size: totalBytes } = await lstat(database);
  const part = partOf(database, runId);
  await removeParts(database);
  try {
    onProgress({ phase: 'copying the database', bytes: 0, totalBytes });
    await keepCopy(operation, database, part);
    const reading = (bytes: number) => onProgress({ phase: 'comparing the copy', bytes, totalBytes });
    const original = await hashFile(database, reading, signal);
    const replacement = await hashFile(part, reading, signal);
    if (replacement.sha256 !== original.sha256) throw notTheSame(database);
    await takeAfter(part, database);
    await syncFile(part);
    const record = {
      format: 1 as const,
      runId,
      database,
      original,
      replacement,
      result: JSON.stringify(original),
    };
    await swapDatabase({ operation, asideDir, replacement: part, record, seen });
    return original;
  } finally {
    await rm(part, { force: true });
  }
}

function notTheSame(target: string): OperationError {
  return new OperationError({
    code: 'COPY_DIFFERS',
    operation,
    target,
    cause: 'the copy that was read back is not the same as the database',
    hint: 'the original is in its place; look at the disk and at what else writes to the file',
    retryable: true,
  });
}
