import { isFailedWrite } from '../sqlite/error-kinds.ts';
import { explainFailure } from './explain-failure.ts';

/** What says that there is no database that could be read, where another failure says nothing about it. */
export const NO_DATABASE: ReadonlySet<string> = new Set([
  'DATABASE_MISSING',
  'EMPTY_DATABASE',
  'DATABASE_CORRUPT',
  'NOT_A_DATABASE',
  'NOT_A_FILE',
  'DISK_ERROR',
]);

/**
 * Why a database cannot be read, when that is what an error says; null for another failure. It is then no obstacle to what
 * replaces it, and neither is one with a write in it that was cut off: only its app, which may not start, takes that back.
 * What fails to be written is another file, such as the one that rows are salvaged into.
 */
export function whyUnreadable(operation: string, error: unknown, database: string): string | null {
  const { code, message } = explainFailure(operation, error, database);
  if (code === 'DATABASE_NOT_SETTLED')
    return `a write in it was cut off, and until that is taken back nobody can read it (${message})`;
  return NO_DATABASE.has(code) && !isFailedWrite(error) ? message : null;
}
