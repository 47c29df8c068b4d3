import { explainFailure } from '../files/explain-failure.ts';
import { type DatabaseFacts, readFacts } from '../sqlite/database-facts.ts';
import { isDamage } from '../sqlite/error-kinds.ts';
import { countForeignKeyViolations } from '../sqlite/foreign-keys.ts';
import { readDatabase } from '../sqlite/open-database.ts';

/** What a manifest says of a database. */
export interface SnapshotCounts {
  facts: DatabaseFacts;
  /** Rows that refer to a row that is not there; null when damage keeps them from being counted. */
  foreignKeyViolations: number | null;
}

/**
 * Counts the rows of a snapshot that nobody writes to, and what of them breaks a foreign key. Changes nothing, and is safe
 * to repeat. A table that cannot be read for damage is an error; that a key is broken is a result.
 */
export async function countSnapshot({ database: path }: { database: string }): Promise<SnapshotCounts> {
  const operation = 'countSnapshot';
  try {
    return await readDatabase(operation, path, (database) => ({
      facts: readFacts(operation, database),
      foreignKeyViolations: violationsUnlessDamaged(() => countForeignKeyViolations(database, [])),
    }));
  } catch (cause) {
    throw explainFailure(operation, cause, path);
  }
}

/** A backup is as sound as the live database was: damage behind a key is for a verification to find. */
function violationsUnlessDamaged(count: () => number): number | null {
  try {
    return count();
  } catch (error) {
    if (isDamage(error)) return null;
    throw error;
  }
}
