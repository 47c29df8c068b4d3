import { explainFailure } from '../files/explain-failure.ts';
import { settleUnlessDamaged } from '../files/settle-unless-damaged.ts';
import { readDatabase } from '../sqlite/open-database.ts';

/**
 * Writes the log of a database that is about to be moved away into it. One that cannot even be read is left as it is and
 * moves with its log: SQLite would remove that log as soon as it opens such a file for writing.
 */
export async function settleIfReadable(operation: string, database: string): Promise<void> {
  try {
    await readDatabase(operation, database, (opened) =>
      opened.prepare('SELECT count(*) FROM sqlite_schema').get(),
    );
  } catch (error) {
    if (NOT_READABLE.has(explainFailure(operation, error, database).code)) return;
  }
  await settleUnlessDamaged(database);
}

const NOT_READABLE = new Set([
  'DATABASE_MISSING',
  'EMPTY_DATABASE',
  'DATABASE_CORRUPT',
  'NOT_A_DATABASE',
  'DISK_ERROR',
]);
