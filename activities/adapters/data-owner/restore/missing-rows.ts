import type Database from 'better-sqlite3';
import { errorCode } from '../../error-code.ts';
import { isDamage } from '../sqlite/error-kinds.ts';
import { defaultValue } from './default-value.ts';
import { keyOf } from './key-of-table.ts';

/** A table of the database of before, with how its rows are told apart from those of the backup. */
export interface ComparedTable {
  name: string;
  /** Name and declared type of each column, in their order. */
  columns: { name: string; type: string }[];
  missing: MissingRows | { notCompared: string };
  /** Whether rows can be reached by number, so that what lies around damage can be read. */
  hasRowId: boolean;
}

/** SQL: rows of `main` that are not, as they are, in `backup`; some are found only by reading the whole table. */
export interface MissingRows {
  sql: string;
  byRowId: boolean;
}

/** A table that holds rows, or one that holds them in ways of its own. */
export interface FoundTable {
  name: string;
  isVirtual: boolean;
}

/** The name under which the database of the backup is attached. */
const BACKUP_SCHEMA = 'backup';

/**
 * Attaches the backup's database to a connection that may only read, and so may only read this one too. Throws when the
 * database of before is so damaged that not even its schema can be read.
 */
export function attachBackup(database: Database.Database, path: string): void {
  database.prepare('SELECT count(*) FROM sqlite_schema').get();
  database.prepare(`ATTACH ? AS ${BACKUP_SCHEMA}`).run(path);
}

/** Every table of the database of before but those of SQLite itself and what belongs to a virtual one. */
export function tablesOf(database: Database.Database): FoundTable[] {
  return database
    .prepare<[], { name: string; type: string }>(
      String.raw`SELECT name, type FROM pragma_table_list
        WHERE schema = 'main' AND type IN ('table', 'virtual') AND name NOT LIKE 'sqlite\_%' ESCAPE '\' ORDER BY name`,
    )
    .all()
    .map(({ name, type }) => ({ name, isVirtual: type === 'virtual' }));
}

/**
 * How to find the rows of a table that the backup does not have. Where it has other columns now, the row of the backup is
 * the same only while nothing was put into those.
 */
export function compareTable(database: Database.Database, name: string): ComparedTable {
  const own = columnsOf(database, 'main', name);
  const known = new Set(columnsOf(database, BACKUP_SCHEMA, name).map((column) => column.name));
  const shared = own.map((column) => column.name).filter((column) => known.has(column));
  const table = quoted(name);
  const found = { name, columns: own, hasRowId: hasRowId(database, table) };
  if (shared.length === 0) return { ...found, missing: { sql: allRows(name), byRowId: found.hasRowId } };
  const key = keyOf(database, BACKUP_SCHEMA, name, new Set(shared));
  if (key !== undefined) {
    const added = own.filter((column) => !known.has(column.name) && column.isGenerated === 0).map(isFilled);
    const isOther = `NOT EXISTS (SELECT 1 FROM ${BACKUP_SCHEMA}.${table} AS b WHERE ${sameRow(shared, key)})`;
    const sql = `${allRows(name)} AND (${[...added, isOther].join(' OR ')})`;
    return { ...found, missing: { sql, byRowId: found.hasRowId } };
  }
  if (shared.length === own.length)
    return {
      ...found,
      missing: { sql: `FROM (${rowsNotInBackup(table, shared)}) AS m WHERE 1`, byRowId: false },
    };
  const notCompared = 'it has no key to tell its rows apart, and other columns than in the backup';
  return { ...found, missing: { notCompared } };
}

/** SQL: all rows of a table. */
export function allRows(name: string): string {
  return `FROM main.${quoted(name)} AS m WHERE 1`;
}

/** Rows of the backup; none when it has no such table. */
export function countInBackup(database: Database.Database, name: string): number {
  if (columnsOf(database, BACKUP_SCHEMA, name).length === 0) return 0;
  return (
    database
      .prepare<[], number>(`SELECT count(*) FROM ${BACKUP_SCHEMA}.${quoted(name)}`)
      .pluck()
      .get() ?? 0
  );
}

/** SQL: a table of the backup. */
export function ofBackup(name: string): string {
  return `${BACKUP_SCHEMA}.${quoted(name)}`;
}

/** A name in SQL. */
export function quoted(name: string): string {
  return `"${name.replaceAll('"', '""')}"`;
}

/** Whether an error says that this SQLite cannot compare such a table, or has no room for it. */
export function isNotComparable(error: unknown): boolean {
  return /^SQLITE_(ERROR|FULL|TOOBIG)/.test(errorCode(error));
}

/** The key finds the row by its index; what is left is compared byte for byte (a plus keeps other indexes away). */
function sameRow(shared: readonly string[], key: readonly string[]): string {
  return [
    ...key.map((column) => `b.${quoted(column)} IS m.${quoted(column)}`),
    ...shared.map((column) => `+b.${quoted(column)} IS m.${quoted(column)} COLLATE BINARY`),
  ].join(' AND ');
}

/** Whether a row has something in a column that the backup lacks. */
function isFilled({ name, default: said }: Column): string {
  const value = defaultValue(said);
  return value === undefined ? '1' : `m.${quoted(name)} COLLATE BINARY IS NOT ${value}`;
}

/** Equal rows are numbered, so that three of them are one more than two. Sorted, not searched: there is no index. */
function rowsNotInBackup(table: string, columns: readonly string[]): string {
  const list = columns.map((column) => `${quoted(column)} COLLATE BINARY AS ${quoted(column)}`).join(', ');
  const equal = columns.map((column) => `${quoted(column)} COLLATE BINARY`).join(', ');
  const numbered = (schema: string) =>
    `SELECT ${list}, row_number() OVER (PARTITION BY ${equal}) FROM ${schema}.${table}`;
  return `${numbered('main')} EXCEPT ${numbered(BACKUP_SCHEMA)}`;
}

interface Column {
  name: string;
  type: string;
  isGenerated: 0 | 1;
  /** As the schema says it. */
  default: string | null;
}

function columnsOf(database: Database.Database, schema: string, table: string): Column[] {
  return database
    .prepare<[string, string], Column>(
      // Hidden columns cannot be selected; generated ones (2, 3) can.
      `SELECT name, type, hidden > 1 AS isGenerated, dflt_value AS "default"
        FROM pragma_table_xinfo(?, ?) WHERE hidden <> 1`,
    )
    .all(table, schema);
}

function hasRowId(database: Database.Database, table: string): boolean {
  try {
    database.prepare(`SELECT rowid FROM main.${table} LIMIT 0`);
    return true;
  } catch (error) {
    if (isDamage(error)) throw error;
    return false;
  }
}
