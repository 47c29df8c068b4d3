import { readFileSync } from 'node:fs';
import Database from 'better-sqlite3';

/**
 * Opens the database, with the schema of user_version 1, or 2 for a release that `migrates`; an acknowledged write
 * survives a power cut.
 */
export function openDatabase(path, { migrates = false }) {
  const database = new Database(path, { timeout: 5000 });
  database.pragma('journal_mode = WAL');
  database.pragma('synchronous = FULL');
  database.pragma('foreign_keys = ON');
  if (database.pragma('user_version', { simple: true }) === 0) {
    database.exec(`BEGIN; ${readFileSync(new URL('../schema.sql', import.meta.url), 'utf8')} COMMIT;`);
  }
  if (migrates && database.pragma('user_version', { simple: true }) === 1) {
    database.exec('BEGIN; ALTER TABLE files ADD COLUMN note TEXT; PRAGMA user_version = 2; COMMIT;');
  }
  return database;
}
