import {
  chownSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { onTestFinished } from 'vitest';
import type { OperationContext } from '../../../../activities/adapters/data-owner/child-messages.ts';
import { createDataOwner } from '../../../../activities/adapters/data-owner/run-as-owner.ts';

/** The user that owns the data in tests: another one than root where tests run as root, as on a real host. */
export const owner =
  process.getuid?.() === 0
    ? { uid: 10_001, gid: 10_001 }
    : { uid: process.getuid?.() ?? 0, gid: process.getgid?.() ?? 0 };

export const dataOwner = createDataOwner({ owner, pace: 'fast' });

/** A real FDTS data folder on disk, removed when the test ends. */
export interface Site {
  root: string;
  database: string;
  uploads: string;
  backups: string;
  scratch: string;
  asideDir: string;
  archive: string;
  manifest: string;
}

/** Runs operations in this process, for tests that need many: as its own user, on a site built with `own: false`. */
export const context: OperationContext = {
  signal: new AbortController().signal,
  onProgress: () => undefined,
};

/** Builds a site with as many users as audit rows, some deleted again so that VACUUM has something to do. */
export function buildSite({
  rows = 2_000,
  journal = 'wal',
  files = 20,
  root = newFolder(),
  own = true,
} = {}): Site {
  const archive = join(root, 'backups', 'fdts_backup_20260104_020000.tar.gz');
  const site: Site = {
    root,
    database: join(root, 'data', 'database.sqlite'),
    uploads: join(root, 'uploads'),
    backups: join(root, 'backups'),
    scratch: join(root, 'scratch'),
    asideDir: join(root, 'data', '.fdts-ops-run-1'),
    archive,
    manifest: `${archive}.manifest.json`,
  };
  for (const folder of ['data', 'uploads/2025', 'backups', 'scratch'])
    mkdirSync(join(root, folder), { recursive: true });
  buildDatabase(site.database, rows, journal);
  for (let file = 0; file < files; file += 1) {
    writeFileSync(
      join(site.uploads, file % 2 ? '2025' : '', `upload-${file}.bin`),
      Buffer.alloc(file * 700, file),
    );
  }
  if (own) ownAll(root);
  return site;
}

/** An archive of a test was made a moment ago; afterwards it was made when its name says. */
export function dateByName(archive: string): void {
  const [, year, month, day, hour, minute, second] =
    /(\d{4})(\d\d)(\d\d)_(\d\d)(\d\d)(\d\d)\.tar\.gz$/.exec(archive) ?? [];
  const manifest = `${archive}.manifest.json`;
  const text = readFileSync(manifest, 'utf8');
  const createdAt = `"createdAt": "${year}-${month}-${day}T${hour}:${minute}:${second}.000Z"`;
  writeFileSync(manifest, text.replace(/"createdAt": ".*?"/, createdAt));
}

export function newFolder(): string {
  const root = mkdtempSync(join(tmpdir(), 'fdts-ops-test-'));
  onTestFinished(() => rmSync(root, { recursive: true, force: true }));
  return root;
}

/** Gives everything below a folder to the owner of the data. */
export function ownAll(path: string): void {
  chownSync(path, owner.uid, owner.gid);
  if (!statSync(path).isDirectory()) return;
  for (const name of readdirSync(path)) ownAll(join(path, name));
}

/** What a test compares: rows of both tables and the checks, read by a connection of its own. */
export function readRows(path: string): { users: number; audit: number; integrity: unknown } {
  const database = new Database(path, { readonly: true, fileMustExist: true });
  try {
    const count = (table: string) =>
      database.prepare<[], number>(`SELECT count(*) FROM ${table}`).pluck().get() ?? -1;
    const integrity = database.pragma('integrity_check', { simple: true });
    return { users: count('users'), audit: count('audit_logs'), integrity };
  } finally {
    database.close();
  }
}

function buildDatabase(path: string, rows: number, journal: string): void {
  const database = new Database(path);
  // Each deletion would search the other table for references.
  database.pragma('foreign_keys = OFF');
  database.pragma('page_size = 8192');
  database.pragma(`journal_mode = ${journal}`);
  database.pragma('user_version = 7');
  database.pragma('application_id = 4711');
  database.exec(`CREATE TABLE users (id INTEGER PRIMARY KEY, email TEXT UNIQUE);
    CREATE TABLE audit_logs (id INTEGER PRIMARY KEY, user_id INTEGER REFERENCES users(id), message TEXT);
    CREATE INDEX audit_by_message ON audit_logs(message)`);
  const user = database.prepare('INSERT INTO users (id, email) VALUES (?, ?)');
  const audit = database.prepare('INSERT INTO audit_logs (id, user_id, message) VALUES (?, ?, ?)');
  database.transaction(() => {
    for (let id = 1; id <= rows; id += 1) {
      user.run(id, `user-${id}@example.org`);
      audit.run(id, id, `${id} signed in ${'x'.repeat(id % 200)}`);
    }
    for (let id = 3; id <= rows; id += 3) {
      database.exec(`DELETE FROM audit_logs WHERE id = ${id}; DELETE FROM users WHERE id = ${id}`);
    }
  })();
  database.close();
}
