import type Database from 'better-sqlite3';
import { errorMessage } from '../../error-code.ts';
import { isDamage, isNotEvaluable, whyNotEvaluable } from './error-kinds.ts';
import { countForeignKeyViolations } from './foreign-keys.ts';
import { pageComplaints } from './pages.ts';

/** What the checks of SQLite found. */
export interface DatabaseHealth {
  /** `ok`, or the first 20 complaints: only what SQLite itself calls damage. */
  integrity: 'ok' | string[];
  /** Rows that refer to a row that is not there, of those that SQLite can check. */
  foreignKeyViolations: number;
  /** What could not be checked, what SQLite said, and why. It says nothing about the file. */
  notProven: string[];
}

type Check = 'integrity_check' | 'quick_check';

interface Found {
  readonly damage: Set<string>;
  readonly notProven: string[];
}

/**
 * integrity_check (or quick_check, which looks at no index and is ten times as fast) and foreign_key_check. What they
 * cannot evaluate is left out by as little as possible, and named.
 */
export function checkHealth(
  database: Database.Database,
  full: boolean,
  { isPrivateCopy = false } = {},
): DatabaseHealth {
  const found: Found = { damage: new Set(), notProven: [] };
  const check = full ? 'integrity_check' : 'quick_check';
  withMapping(database, isPrivateCopy, () => checkContent(database, check, found));
  const isSound = full && found.damage.size === 0 && found.notProven.length === 0;
  const foreignKeyViolations = withMapping(database, isPrivateCopy && isSound, () => {
    try {
      return countForeignKeyViolations(database, found.notProven);
    } catch (error) {
      if (!isDamage(error)) throw error;
      found.damage.add(`foreign keys cannot be read: ${errorMessage(error)}`);
      return 0;
    }
  });
  return {
    integrity: found.damage.size === 0 ? 'ok' : [...found.damage].slice(0, 20),
    foreignKeyViolations,
    notProven: found.notProven,
  };
}

/** One thing that cannot be evaluated keeps SQLite from checking anything: then it is asked for less, step by step. */
function checkContent(database: Database.Database, check: Check, found: Found): void {
  if (run(database, `${check}(20)`, found) === null) return;
  found.notProven.push(
    'pages that belong to no table: SQLite looks at them only where it can check every table',
  );
  const names = database.prepare<[], string>(`SELECT name FROM sqlite_schema WHERE type = 'table'`).pluck();
  for (const table of ['sqlite_schema', ...names.all()]) checkTable(database, check, table, found);
}

function checkTable(database: Database.Database, check: Check, table: string, found: Found): void {
  const named = `("${table.replaceAll('"', '""')}")`;
  const why = run(database, `${check}${named}`, found);
  if (why === null) return;
  const hasQuick = run(database, `quick_check${named}`, found) === null;
  found.notProven.push(
    `table ${table}, ${hasQuick ? 'its indexes' : 'more than the form of its pages'}: ${why}`,
  );
  if (!hasQuick) checkPages(database, table, found);
}

function checkPages(database: Database.Database, table: string, { damage }: Found): void {
  try {
    for (const complaint of pageComplaints(database, table)) damage.add(complaint);
  } catch (error) {
    if (!isDamage(error)) throw error;
    damage.add(`the pages of table ${table} cannot be read: ${errorMessage(error)}`);
  }
}

/** Runs a check to its end; null, or why this SQLite cannot. What it complained of before counts. */
function run(database: Database.Database, pragma: string, { damage }: Found): string | null {
  try {
    for (const row of database.prepare<[], string>(`PRAGMA ${pragma}`).pluck().iterate())
      if (row !== 'ok') damage.add(row);
    return null;
  } catch (error) {
    if (isNotEvaluable(error)) return whyNotEvaluable(error);
    if (!isDamage(error)) throw error;
    damage.add(`the check cannot be read: ${errorMessage(error)}`);
    return null;
  }
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
