import type Database from 'better-sqlite3';
import { isNotEvaluable, whyNotEvaluable } from './error-kinds.ts';

/** How many rows refer to a row that is not there. Tables whose keys SQLite cannot check are named in `notProven`. */
export function countForeignKeyViolations(database: Database.Database, notProven: string[]): number {
  try {
    return database.prepare<[], number>('SELECT count(*) FROM pragma_foreign_key_check').pluck().get() ?? 0;
  } catch (error) {
    if (!isNotEvaluable(error)) throw error;
    return countTableByTable(database, notProven);
  }
}

/** One key that cannot be checked keeps SQLite from checking any. */
function countTableByTable(database: Database.Database, notProven: string[]): number {
  const tables = database.prepare<[], string>(`SELECT name FROM sqlite_schema WHERE type = 'table'`).pluck();
  const count = database
    .prepare<[string], number>('SELECT count(*) FROM pragma_foreign_key_check(?)')
    .pluck();
  let violations = 0;
  for (const table of tables.all()) {
    try {
      violations += count.get(table) ?? 0;
    } catch (error) {
      if (!isNotEvaluable(error)) throw error;
      notProven.push(`foreign keys of table ${table}: ${whyNotEvaluable(error)}`);
    }
  }
  return violations;
}
