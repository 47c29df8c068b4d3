CREATE TABLE users (
  id            INTEGER PRIMARY KEY,
  username      TEXT NOT NULL UNIQUE,
  email         TEXT NOT NULL,
  password_hash TEXT NOT NULL,
  created_at    TEXT NOT NULL
);
CREATE TABLE audit_logs (
  id        INTEGER PRIMARY KEY,
  user_id   INTEGER REFERENCES users (id),
  action    TEXT NOT NULL,
  details   TEXT NOT NULL,
  ip        TEXT NOT NULL,
  timestamp TEXT NOT NULL
);
CREATE TABLE files (
  id         TEXT PRIMARY KEY,
  user_id    INTEGER NOT NULL REFERENCES users (id),
  name       TEXT NOT NULL,
  path       TEXT NOT NULL UNIQUE,
  size       INTEGER NOT NULL,
  sha256     TEXT NOT NULL,
  created_at TEXT NOT NULL
);
CREATE INDEX audit_logs_by_time ON audit_logs (timestamp);
CREATE INDEX audit_logs_by_user ON audit_logs (user_id);
CREATE INDEX files_by_user ON files (user_id);
PRAGMA user_version = 1;
