import type Database from 'better-sqlite3';
import { isDamage, isNotEvaluable, whyNotEvaluable } from '../sqlite/error-kinds.ts';
import {
  allRows,
  type ComparedTable,
  compareTable,
  isNotComparable,
  ofBackup,
  quoted,
} from './missing-rows.ts';
import { type ReadRows, readAroundDamage } from './read-around-damage.ts';

/** What of one table could be salvaged. */
export interface SalvagedTable {
  rows: number;
  /** How many places of the damaged file could not be read. */
  unreadable: number;
  /** All rows that could be read: they cannot be told apart from those of the backup. */
  all: boolean;
}

/** Where the salvage file keeps what its tables do not say themselves. */
const NOTES = 'fdts_ops_salvage';

/** Makes an empty database ready for salvaged rows. */
export function prepareSalvage(target: Database.Database): void {
  target.exec(
    `CREATE TABLE ${NOTES} (name TEXT PRIMARY KEY, unreadable INTEGER NOT NULL, is_all INTEGER NOT NULL, not_salvaged TEXT)`,
  );
}

/** Notes that a table's rows are not in the file, and why. */
export function noteNotSalvaged(target: Database.Database, name: string, why: string): void {
  target.prepare(`INSERT INTO ${NOTES} VALUES (?, 0, 0, ?)`).run(name, why);
}

/** Copies the rows of a table that the attached backup does not have, around damage, into a table of the same name. */
export function copyMissingRows(
  old: Database.Database,
  target: Database.Database,
  name: string,
  signal: AbortSignal,
): void {
  try {
    const { unreadable, all } = copyTable(old, target, name, signal);
    target.prepare(`INSERT INTO ${NOTES} VALUES (?, ?, ?, NULL)`).run(name, unreadable, all ? 1 : 0);
  } catch (error) {
    if (!isNotEvaluable(error)) throw error;
    noteNotSalvaged(target, name, whyNotEvaluable(error));
  }
}

/** What a salvage file holds, and what it does not. */
export function salvagedTables(file: Database.Database): {
  tables: Record<string, SalvagedTable>;
  notSalvaged: Record<string, string>;
} {
  const notes = file
    .prepare<[], { name: string; unreadable: number; is_all: number; not_salvaged: string | null }>(
      `SELECT * FROM ${NOTES}`,
    )
    .all();
  const exists = file.prepare<[string], number>('SELECT count(*) FROM pragma_table_info(?)').pluck();
  const rowsOf = (name: string) =>
    (exists.get(name) ?? 0) === 0
      ? 0
      : (file
          .prepare<[], number>(`SELECT count(*) FROM ${quoted(name)}`)
          .pluck()
          .get() ?? 0);
  return {
    tables: Object.fromEntries(
      notes
        .filter((note) => note.not_salvaged === null)
        .map(({ name, unreadable, is_all: all }) => [
          name,
          { rows: rowsOf(name), unreadable, all: all === 1 },
        ]),
    ),
    notSalvaged: Object.fromEntries(
      notes.flatMap(({ name, not_salvaged: why }) => (why === null ? [] : [[name, why]])),
    ),
  };
}

/** Where rows cannot be told apart, or damage keeps them from being compared, all that can be read is taken. */
function copyTable(
  old: Database.Database,
  target: Database.Database,
  name: string,
  signal: AbortSignal,
): { unreadable: number; all: boolean } {
  let table: ComparedTable;
  try {
    table = compareTable(old, name);
  } catch (error) {
    if (!isDamage(error)) throw error;
    return { unreadable: 1, all: false };
  }
  const { columns, missing, hasRowId } = table;
  const declared = columns.map((column) => `${quoted(column.name)} ${column.type}`);
  target.exec(`CREATE TABLE ${quoted(name)} (${declared.join(', ')})`);
  const copy = (sql: string, byRowId: boolean) => copyRows(old, target, table, { sql, byRowId }, signal);
  if (!('notCompared' in missing)) {
    try {
      return { unreadable: copy(missing.sql, missing.byRowId), all: false };
    } catch (error) {
      if (!isDamage(error) && !isNotComparable(error)) throw error;
    }
  }
  try {
    return { unreadable: copy(allRows(name), hasRowId), all: true };
  } catch (error) {
    if (!isDamage(error)) throw error;
    return { unreadable: 1, all: true };
  }
}

/** How many places could not be read; without row numbers damage throws, and nothing was copied. */
function copyRows(
  old: Database.Database,
  target: Database.Database,
  { name, columns }: ComparedTable,
  { sql, byRowId }: { sql: string; byRowId: boolean },
  signal: AbortSignal,
): number {
  const insert = target.prepare(`INSERT INTO ${quoted(name)} VALUES (${columns.map(() => '?').join(', ')})`);
  const list = columns.map((column) => `m.${quoted(column.name)}`).join(', ');
  if (!byRowId) {
    const select = old.prepare<[], unknown[]>(`SELECT ${list} ${sql}`).raw().safeIntegers();
    target.transaction(() => {
      for (const row of select.iterate()) insert.run(...row);
    })();
    return 0;
  }
  const selecting = (order: string) =>
    old
      .prepare<[bigint, bigint], [bigint, ...unknown[]]>(
        `SELECT m.rowid, ${list} ${sql} AND m.rowid BETWEEN ? AND ? ORDER BY m.rowid ${order}`,
      )
      .raw()
      .safeIntegers();
  const [upwards, downwards] = [selecting('ASC'), selecting('DESC')];
  const read: ReadRows = ({ from, to }, isDownwards, onRow) => {
    for (const [number, ...row] of (isDownwards ? downwards : upwards).iterate(from, to)) {
      insert.run(...row);
      onRow(number);
    }
  };
  // Rows that were read before damage stay: the reading goes on behind it.
  target.exec('BEGIN');
  try {
    const unreadable = readAroundDamage(read, likelyRows(old, name), () => signal.throwIfAborted());
    target.exec('COMMIT');
    return unreadable;
  } catch (error) {
    target.exec('ROLLBACK');
    throw error;
  }
}

/** The first and the last row that the backup has: the damaged table has most of its rows between them. */
function likelyRows(old: Database.Database, name: string): bigint[] {
  try {
    const select = old.prepare<[], [bigint | null, bigint | null]>(
      `SELECT (SELECT min(rowid) FROM ${ofBackup(name)}), (SELECT max(rowid) FROM ${ofBackup(name)})`,
    );
    return (select.raw().safeIntegers().get() ?? []).flatMap((number) => (number === null ? [] : [number]));
  } catch (error) {
    if (isNotComparable(error)) return [];
    throw error;
  }
}
