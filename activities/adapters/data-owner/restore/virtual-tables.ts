import type Database from 'better-sqlite3';
import { isDamage } from '../sqlite/error-kinds.ts';
import { quoted } from './missing-rows.ts';

/** Why a virtual table is neither compared nor salvaged. */
export const VIRTUAL_TABLE = 'a virtual table: what it holds is not compared';

/** The same, where nothing of it can be lost. */
export const NO_ROWS_OF_ITS_OWN =
  'a virtual table without rows of its own: what it finds is in other tables, or nowhere';

/** What a full-text or spatial index keeps beside its rows. The rows are in others: `content`, `rowid`. */
const INDEX_PARTS = ['config', 'data', 'docsize', 'idx', 'node', 'parent', 'segdir', 'segments', 'stat'];

/** Why a virtual table is not salvaged, by whether it holds rows of its own; an index over another table holds none. */
export function whyNotSalvaged(database: Database.Database, name: string): string {
  const indexes = new Set(INDEX_PARTS.map((part) => `${name}_${part}`.toLowerCase()));
  const holding = partsOf(database, name).filter((part) => !indexes.has(part.toLowerCase()));
  return holding.some((part) => hasRows(database, part)) ? VIRTUAL_TABLE : NO_ROWS_OF_ITS_OWN;
}

/** The tables in which SQLite keeps what a virtual one holds. One of another module lies in tables that are compared. */
function partsOf(database: Database.Database, name: string): string[] {
  return database
    .prepare<[], string>(`SELECT name FROM pragma_table_list WHERE schema = 'main' AND type = 'shadow'`)
    .pluck()
    .all()
    .filter((part) => part.toLowerCase().startsWith(`${name.toLowerCase()}_`));
}

function hasRows(database: Database.Database, table: string): boolean {
  try {
    return database.prepare(`SELECT 1 FROM main.${quoted(table)} LIMIT 1`).get() !== undefined;
  } catch (error) {
    if (isDamage(error)) return true;
    throw error;
  }
}
