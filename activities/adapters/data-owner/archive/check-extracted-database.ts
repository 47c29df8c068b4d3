import { OperationError } from '../../operation-error.ts';
import { timeLimit } from '../../time-limit.ts';
import type { OperationContext } from '../child-messages.ts';
import type { DatabaseInspection } from '../operations/inspect-database.ts';
import { besideThisProcess } from '../run-as-owner.ts';
import { headerComplaint } from '../sqlite/database-header.ts';

/** What may be wrong with the database itself; anything else is a failure of this machine. */
const faultsOfDatabase = ['DATABASE_CORRUPT', 'NOT_A_DATABASE', 'EMPTY_DATABASE'];

/** Ten minutes, and as long again for every 600 MB: a hundred times what it takes. Longer is a file made to hang it. */
export function databaseTimeLimit(bytes: number): number {
  return 600_000 + Math.ceil(bytes / 1_000);
}

/** Facts and health of a database out of an archive, or why it cannot be had. */
export type ExtractedDatabase = { inspection: DatabaseInspection } | { refusal: string };

/**
 * Inspects a database that may come from anywhere, in a process of its own: the archive is read on meanwhile, and one
 * that hangs SQLite is ended. Aborting the signal ends it too.
 */
export async function checkExtractedDatabase(
  { database, full, timeLimitMs }: { database: string; full: boolean; timeLimitMs: number },
  { signal, onProgress }: OperationContext,
): Promise<ExtractedDatabase> {
  const complaint = await headerComplaint(database);
  if (complaint !== undefined) return { refusal: `the database cannot be read: ${complaint}` };
  const limit = timeLimit(timeLimitMs);
  try {
    const inspection = await besideThisProcess().inspectDatabase(
      { database, full, isPrivateCopy: true },
      { signal: AbortSignal.any([signal, limit]), onProgress },
    );
    return { inspection };
  } catch (error) {
    if (limit.aborted && !signal.aborted)
      return { refusal: `the check of the database did not end within ${Math.ceil(timeLimitMs / 1_000)} s` };
    if (error instanceof OperationError && faultsOfDatabase.includes(error.code))
      return { refusal: `the database cannot be read: ${error.message}` };
    throw error;
  }
}
