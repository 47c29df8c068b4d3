import { OperationError } from '../../operation-error.ts';
import { readFacts } from './database-facts.ts';
import { checkHealth } from './database-health.ts';
import { countForeignKeyViolations } from './foreign-keys.ts';
import { openForChange, readDatabase } from './open-database.ts';

/** A compacted database, proven equal to its original. */
export interface Compacted {
  integrity: 'ok';
  /** As many as the original has. */
  foreignKeyViolations: number;
  /** What of the copy could not be checked, and why; absent in a result of an earlier version. */
  notProven?: string[];
  tables: Record<string, number>;
}

/**
 * Writes a compacted, analyzed copy of a database that nobody writes to, and proves that it has the same schema, rows,
 * page size, encoding, journal mode, user_version and application_id, and passes integrity_check. The copy must not
 * exist; it is not fsynced.
 */
export async function compactDatabase(
  operation: string,
  source: string,
  copy: string,
  onPhase: (phase: string) => void,
): Promise<Compacted> {
  onPhase('reading the original');
  const original = await readDatabase(operation, source, (database) => {
    const before = describe(operation, database);
    onPhase('vacuum');
    database.prepare('VACUUM INTO ?').run(copy);
    return before;
  });
  onPhase('analyze');
  const changing = openForChange(operation, copy);
  try {
    changing.exec('ANALYZE');
    if (original.journalMode === 'wal') changing.pragma('journal_mode = WAL');
  } finally {
    changing.close();
  }
  onPhase('integrity check');
  return readDatabase(operation, copy, (database) => {
    const { integrity, notProven } = checkHealth(database, true, { isPrivateCopy: true });
    if (integrity !== 'ok')
      throw differs(operation, copy, `the new file is damaged: ${integrity.join(', ')}`);
    const now = describe(operation, database);
    const found = new Map<string, unknown>(Object.entries(now));
    for (const [what, value] of Object.entries(original)) {
      const got = JSON.stringify(found.get(what));
      const expected = JSON.stringify(value);
      if (got !== expected)
        throw differs(operation, copy, `${what} differs: got ${got}, expected ${expected}`);
    }
    const { foreignKeyViolations, tables } = now;
    return { integrity, foreignKeyViolations, notProven, tables };
  });
}

function describe(operation: string, database: Parameters<typeof checkHealth>[0]) {
  const { tables, schemaHash, userVersion, journalMode, pageSize } = readFacts(operation, database);
  const foreignKeyViolations = countForeignKeyViolations(database, []);
  const applicationId = Number(database.pragma('application_id', { simple: true }));
  const encoding = String(database.pragma('encoding', { simple: true }));
  const autoVacuum = Number(database.pragma('auto_vacuum', { simple: true }));
  return {
    tables,
    schemaHash,
    userVersion,
    journalMode,
    pageSize,
    applicationId,
    encoding,
    autoVacuum,
    foreignKeyViolations,
  };
}

function differs(operation: string, target: string, cause: string): OperationError {
  return new OperationError({
    code: 'COPY_DIFFERS',
    operation,
    target,
    cause,
    hint: 'the original is in its place; check the disk and the original with inspectDatabase',
    retryable: true,
  });
}
