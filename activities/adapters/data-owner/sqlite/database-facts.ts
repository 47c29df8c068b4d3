import { createHash } from 'node:crypto';
import type Database from 'better-sqlite3';
import { errorMessage } from '../../error-code.ts';
import { OperationError } from '../../operation-error.ts';
import { isDamage, isNotEvaluable } from './error-kinds.ts';
import { countByPages } from './pages.ts';

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
  try {
    return database.prepare<[], number>(`SELECT count(*) FROM ${quoted}`).pluck().get() ?? 0;
  } catch (error) {
    // SQLite counts by the smallest index, also by one that it cannot use.
    if (isNotEvaluable(error)) return countByPages(database, table);
    throw error;
  }
}

function attempt<T>(what: string, read: () => T, fallback: T, onDamage?: (complaint: string) => void): T {
  try {
    return read();
  } catch (error) {
    // Without a schema, or the pages of a table, there is nothing to read, whatever the error is called.
    if (onDamage === undefined || !(isDamage(error) || isNotEvaluable(error))) throw error;
    onDamage(`${what} cannot be read: ${errorMessage(error)}`);
    return fallback;
  }
}
