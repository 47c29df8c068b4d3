import type Database from 'better-sqlite3';

/** Makes the journal's tables when the file is new, and adds what a file of an earlier version lacks. */
export function prepareSchema(db: Database.Database): void {
  // A worker that starts while somebody reads the journal (a backup, a doctor) must not have to wait for the reader.
  if (versionOf(db) === SCHEMA_VERSION) return;
  db.transaction(() => {
    db.exec(TABLES);
    const columns = db
      .prepare<[], { name: string }>('PRAGMA table_info(entries)')
      .all()
      .map(({ name }) => name);
    if (!columns.includes('undoes')) db.exec(WITH_UNDOES);
    if (!columns.includes('spared')) db.exec(WITH_SPARED);
    db.pragma(`user_version = ${SCHEMA_VERSION}`);
  }).immediate();
}

const SCHEMA_VERSION = 3;

function versionOf(db: Database.Database): number {
  return Number(db.pragma('user_version', { simple: true }));
}

const WITH_SPARED = 'ALTER TABLE entries ADD COLUMN spared INTEGER NOT NULL DEFAULT 0';

const WITH_UNDOES = `
ALTER TABLE entries ADD COLUMN undoes TEXT;
ALTER TABLE entries ADD COLUMN failures INTEGER NOT NULL DEFAULT 0;
UPDATE entries SET undoes = substr(step, 6) WHERE step LIKE 'undo:%';
`;

const TABLES = `
CREATE TABLE IF NOT EXISTS fence (id INTEGER PRIMARY KEY CHECK (id = 1), value INTEGER NOT NULL);
INSERT OR IGNORE INTO fence (id, value) VALUES (1, 0);
CREATE TABLE IF NOT EXISTS runs (
  workflow_id TEXT NOT NULL,
  run_id TEXT NOT NULL,
  procedure TEXT NOT NULL,
  stamp TEXT NOT NULL,
  fence INTEGER NOT NULL,
  started_at TEXT NOT NULL,
  state TEXT NOT NULL CHECK (state IN ('open', 'needs-operator', 'closed')),
  outcome TEXT,
  closed_at TEXT,
  cleared_because TEXT,
  PRIMARY KEY (workflow_id, run_id)
);
CREATE TABLE IF NOT EXISTS entries (
  seq INTEGER PRIMARY KEY AUTOINCREMENT,
  workflow_id TEXT NOT NULL,
  run_id TEXT NOT NULL,
  step TEXT NOT NULL,
  round INTEGER NOT NULL,
  title TEXT NOT NULL,
  activity TEXT NOT NULL,
  input TEXT NOT NULL,
  undo TEXT,
  finish TEXT,
  state TEXT NOT NULL CHECK (state IN ('begun', 'done', 'failed')),
  attempts INTEGER NOT NULL,
  begun_at TEXT NOT NULL,
  ended_at TEXT,
  result TEXT,
  error TEXT,
  undone_at TEXT,
  dropped INTEGER NOT NULL DEFAULT 0,
  FOREIGN KEY (workflow_id, run_id) REFERENCES runs (workflow_id, run_id),
  UNIQUE (workflow_id, run_id, step, round)
);
CREATE TABLE IF NOT EXISTS incidents (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  procedure TEXT NOT NULL,
  workflow_id TEXT NOT NULL,
  run_id TEXT NOT NULL,
  opened_at TEXT NOT NULL,
  opened_by TEXT NOT NULL,
  containment TEXT NOT NULL,
  left_at TEXT,
  closed_at TEXT,
  closed_because TEXT
);
CREATE TABLE IF NOT EXISTS reservations (
  workflow_id TEXT NOT NULL,
  run_id TEXT NOT NULL,
  procedure TEXT NOT NULL,
  stamp TEXT NOT NULL,
  opens_at TEXT NOT NULL,
  closes_at TEXT NOT NULL,
  made_at TEXT NOT NULL,
  PRIMARY KEY (workflow_id, run_id)
);
`;
