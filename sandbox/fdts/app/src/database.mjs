import { readFileSync } from 'node:fs';
import Database from 'better-sqlite3';

/** Opens the database, with the schema of user_version 1; an acknowledged write survives a power cut. */
export function openDatabase(path) {
  const database = new Database(path, { timeout: 5000 });
  database.pragma('journal_mode = WAL');
  database.pragma('synchronous = FULL');
  database.pragma('foreign_keys = ON');
  if (database.pragma('user_version', { simple: true }) === 0) {
    database.exec(`BEGIN; ${readFileSync(new URL('../schema.sql', import.meta.url), 'utf8')} COMMIT;`);
  }
  return database;
}
