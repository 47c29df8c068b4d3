import { createHash } from 'node:crypto';
import type Database from 'better-sqlite3';
import { errorCode, errorMessage } from '../../error-code.ts';
import { OperationError } from '../../operation-error.ts';

/** What describes the content of a database, read at one commit point. */
export interface DatabaseFacts {
  pageSize: number;
  pageCount: number;
  freelistCount: number;
  journalMode: string;
  userVersion: number;
  /** sha256 (hex) over the tables, indexes, triggers and views, those of SQLite itself left out. */
  schemaHash: string;
  /** Rows by table. A table that is too damaged to count is missing here and named in `integrity` of an inspection. */
  tables: Record<string, number>;
  /** The SQLite library that read it. */
  sqliteVersion: string;
}

/** What the checks of SQLite found. */
export interface DatabaseHealth {
  /** `ok`, or the first 20 complaints. */
  integrity: 'ok' | string[];
  foreignKeyViolations: number;
}

/** Reads the facts; `onDamage` gets what could not be read because the file is damaged (without it that throws). */
export function readFacts(
  operation: string,
  database: Database.Database,
  onDamage?: (complaint: string) => void,
): DatabaseFacts {
  const number = (pragma: string) => Number(database.pragma(pragma, { simple: true }));
  const schema = attempt('the schema', () => readSchema(database), [], onDamage);
  const tableNames = schema
    .filter(({ type, rootpage }) => type === 'table' && rootpage > 0)
    .map(({ name }) => name);
  if (tableNames.length === 0 && onDamage === undefined) throw emptyDatabase(operation, database.name);
  const tables: Record<string, number> = {};
  for (const name of tableNames) {
    const rows = attempt(`table ${name}`, () => countRows(database, name), undefined, onDamage);
    if (rows !== undefined) tables[name] = rows;
  }
  return {
    pageSize: number('page_size'),
    pageCount: number('page_count'),
    freelistCount: number('freelist_count'),
    journalMode: String(database.pragma('journal_mode', { simple: true })),
    userVersion: number('user_version'),
    schemaHash: createHash('sha256')
      .update(JSON.stringify(schema.map(({ type, name, sql }) => [type, name, sql])))
      .digest('hex'),
    tables,
    sqliteVersion: database.prepare<[], string>('SELECT sqlite_version()').pluck().get() ?? '',
  };
}

/** integrity_check (or quick_check, which looks at no index and is ten times as fast) and foreign_key_check. */
export function checkHealth(
  database: Database.Database,
  full: boolean,
  { isPrivateCopy = false } = {},
): DatabaseHealth {
  const complaints: string[] = [];
  const pragma = full ? 'integrity_check(20)' : 'quick_check(20)';
  const rows = attempt(
    'the check',
    () =>
      withMapping(database, isPrivateCopy, () =>
        database.prepare<[], string>(`PRAGMA ${pragma}`).pluck().all(),
      ),
    [],
    (text) => complaints.push(text),
  );
  complaints.push(...rows.filter((row) => row !== 'ok'));
  const isSound = full && complaints.length === 0;
  const violations = attempt(
    'foreign keys',
    () => withMapping(database, isPrivateCopy && isSound, () => countForeignKeyViolations(database)),
    0,
    (text) => complaints.push(text),
  );
  return {
    integrity: complaints.length === 0 ? 'ok' : complaints.slice(0, 20),
    foreignKeyViolations: violations,
  };
}

/**
 * A mapped page is looked at anew each time that it is used, so cell_size_check would be done thousands of times for
 * each; integrity_check looks at every cell itself, and what follows it need not again. Only for a file that nobody cuts
 * while it is mapped.
 */
function withMapping<T>(database: Database.Database, isPrivateCopy: boolean, check: () => T): T {
  if (!isPrivateCopy) return check();
  database.pragma(`mmap_size = ${2 ** 40}`);
  database.pragma('cell_size_check = OFF');
  try {
    return check();
  } finally {
    database.pragma('cell_size_check = ON');
    database.pragma('mmap_size = 0');
  }
}

/** The error for a database without a single table of the app: SQLite calls it healthy, a person would not. */
export function emptyDatabase(operation: string, path: string): OperationError {
  return new OperationError({
    code: 'EMPTY_DATABASE',
    operation,
    target: path,
    cause: 'it has no tables',
    hint: 'this is not the database of the app; check the path, or restore it from a backup',
    retryable: false,
  });
}

interface SchemaRow {
  type: string;
  name: string;
  sql: string | null;
  rootpage: number;
}

function readSchema(database: Database.Database): SchemaRow[] {
  return database
    .prepare<[], SchemaRow>(
      String.raw`SELECT type, name, sql, rootpage FROM sqlite_schema WHERE name NOT LIKE 'sqlite\_%' ESCAPE '\' ORDER BY type, name`,
    )
    .all();
}

function countRows(database: Database.Database, table: string): number {
  const quoted = `"${table.replaceAll('"', '""')}"`;
  return database.prepare<[], number>(`SELECT count(*) FROM ${quoted}`).pluck().get() ?? 0;
}

/** How many rows refer to a row that is not there. */
export function countForeignKeyViolations(database: Database.Database): number {
  return database.prepare<[], number>('SELECT count(*) FROM pragma_foreign_key_check').pluck().get() ?? 0;
}

function attempt<T>(what: string, read: () => T, fallback: T, onDamage?: (complaint: string) => void): T {
  try {
    return read();
  } catch (error) {
    if (
      onDamage === undefined ||
      !/^SQLITE_(CORRUPT|ERROR|IOERR|TOOBIG|CONSTRAINT|MISMATCH)/.test(errorCode(error))
    )
      throw error;
    onDamage(`${what} cannot be read: ${errorMessage(error)}`);
    return fallback;
  }
}
