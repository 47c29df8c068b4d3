import { statSync } from 'node:fs';
import type { OperationContext } from '../child-messages.ts';
import { explainFailure } from '../files/explain-failure.ts';
import { type DatabaseFacts, emptyDatabase, readFacts } from '../sqlite/database-facts.ts';
import { checkHealth, type DatabaseHealth } from '../sqlite/database-health.ts';
import { lastWrittenBy } from '../sqlite/library-version.ts';
import { readDatabase } from '../sqlite/open-database.ts';

/** A database as it was at one commit point, with what is wrong with it. */
export interface DatabaseInspection extends DatabaseFacts, DatabaseHealth {
  bytes: number;
  /** The SQLite that last wrote the first page, whoever that was; null when the file does not say. */
  lastWrittenBy: string | null;
}

/** Which database, and how to read it. */
export interface InspectDatabaseArgs {
  database: string;
  full: boolean;
  /** Nobody else has it: then integrity_check reads it through memory mapping, in half the time. */
  isPrivateCopy?: boolean;
}

/**
 * Reads a database, live or not, and checks it: `full` runs integrity_check, else quick_check. Changes nothing and
 * creates nothing. Damage is a result (`integrity`), and so is what cannot be checked (`notProven`); a file that is missing,
 * empty or no database is an error.
 */
export async function inspectDatabase(
  { database: path, full, isPrivateCopy }: InspectDatabaseArgs,
  { onProgress }: OperationContext,
): Promise<DatabaseInspection> {
  const operation = 'inspectDatabase';
  try {
    const writtenBy =
      statSync(path, { throwIfNoEntry: false })?.isFile() === true ? lastWrittenBy(path) : null;
    return await readDatabase(operation, path, (database) => {
      const { size: bytes } = statSync(path);
      onProgress({ phase: full ? 'integrity check' : 'quick check', bytes: 0, totalBytes: bytes });
      database.exec('BEGIN');
      const damage: string[] = [];
      const facts = readFacts(operation, database, (complaint) => damage.push(complaint));
      if (Object.keys(facts.tables).length === 0 && damage.length === 0) throw emptyDatabase(operation, path);
      const health = checkHealth(database, full, { isPrivateCopy: isPrivateCopy === true });
      const complaints = [...(health.integrity === 'ok' ? [] : health.integrity), ...damage].slice(0, 20);
      return {
        bytes,
        lastWrittenBy: writtenBy,
        ...facts,
        ...health,
        integrity: complaints.length === 0 ? 'ok' : complaints,
      };
    });
  } catch (cause) {
    throw explainFailure(operation, cause, path);
  }
}
