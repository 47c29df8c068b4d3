import { execFileSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { expect, test } from 'vitest';
import {
  type CheckBackupArgs,
  checkBackup,
} from '../../../activities/adapters/data-owner/archive/check-backup.ts';
import { buildSite, context, newFolder } from './support/build-site.ts';
import { archiveOf } from './support/make-archives.ts';

const damages: [string, RegExp, (good: Buffer) => Buffer][] = [
  ['is empty', /it has 0 bytes/, () => Buffer.alloc(0)],
  ['is random', /another kind of file, or encrypted/, () => randomBytes(65_536)],
  ['is encrypted', /encrypted/, (good) => Buffer.concat([randomBytes(16), good.subarray(16)])],
  ['is the start of one', /no multiple of its page size/, (good) => good.subarray(0, 512)],
  ['lost its last pages', /pages where its header says/, (good) => good.subarray(0, -8_192)],
  ['lost half a page', /no multiple/, (good) => good.subarray(0, -4_096)],
  [
    'has a page too many',
    /pages where its header says/,
    (good) => Buffer.concat([good, Buffer.alloc(8_192)]),
  ],
  ['has something after it', /no multiple/, (good) => Buffer.concat([good, Buffer.from('more')])],
  [
    'has an impossible page size',
    /its page size is 8193/,
    (good) => patched(good, 16, Buffer.from([0x20, 1])),
  ],
  [
    'has a damaged page in the middle',
    /is damaged|cannot be read/,
    (good) => patched(good, 5 * 8_192, randomBytes(8_192)),
  ],
];

test.each(damages)('a database that %s is refused', async (_name, why, damage) => {
  const path = join(newFolder(), 'damaged.sqlite');
  writeFileSync(path, damage(readFileSync(buildSite({ own: false, journal: 'delete' }).database)));
  expect((await check(path)).reasons.join('; ')).toMatch(why);
});

test.each([512, 1_024, 65_536])('a database with pages of %i bytes passes', async (pageSize) => {
  const path = built((database) => {
    database.pragma(`page_size = ${pageSize}`);
    database.exec(
      `CREATE TABLE users (id INTEGER PRIMARY KEY, name TEXT); INSERT INTO users (name) VALUES ('a')`,
    );
  });
  expect((await check(path)).reasons).toEqual([]);
});

test('a missing row of an index and a doubled unique value are found although a quick check overlooks them', async () => {
  const gap = built((database) => {
    database.exec(`CREATE TABLE users (id INTEGER PRIMARY KEY, name TEXT);
      CREATE INDEX by_name ON users (name) WHERE name <> 'gone';
      INSERT INTO users (name) VALUES ('here'), ('gone')`);
    rewrite(database, `sql = 'CREATE INDEX by_name ON users (name)' WHERE name = 'by_name'`);
  });
  const double = built((database) => {
    database.exec(`CREATE TABLE users (id INTEGER PRIMARY KEY, name TEXT);
      CREATE INDEX by_name ON users (name);
      INSERT INTO users (name) VALUES ('same'), ('same')`);
    rewrite(database, `sql = 'CREATE UNIQUE INDEX by_name ON users (name)' WHERE name = 'by_name'`);
  });
  for (const path of [gap, double])
    expect(execFileSync('sqlite3', [path, 'PRAGMA quick_check'], { encoding: 'utf8' })).toBe('ok\n');
  expect((await check(gap)).reasons).toEqual([
    expect.stringMatching(/damaged:.* row 2 missing from index by_name/),
  ]);
  expect(
    (await check(double, { full: false })).reasons,
    'without a manifest a quick check is a full one',
  ).toEqual([expect.stringMatching(/damaged: non-unique entry in index by_name/)]);
});

test('a database in WAL mode is read without a log beside it, and stays as it is', async () => {
  const site = buildSite({ own: false, rows: 10 });
  const { reasons, folder, checked } = await check(site.database);
  expect(reasons).toEqual([]);
  expect(checked.database.journalMode).toBe('wal');
  expect(readdirSync(folder)).toEqual(['database.sqlite']);
  expect(readFileSync(join(folder, 'database.sqlite')).equals(readFileSync(site.database))).toBe(true);
});

test('triggers and views that call functions are not run', async () => {
  const path = built((database) =>
    database.exec(`CREATE TABLE users (id INTEGER PRIMARY KEY, name TEXT); INSERT INTO users (name) VALUES ('a');
      CREATE VIEW evil AS SELECT load_extension('/tmp/evil.so') FROM users;
      CREATE VIEW endless AS WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT count(*) FROM n;
      CREATE TRIGGER evil_too AFTER INSERT ON users BEGIN DELETE FROM users; END`),
  );
  const { reasons, checked } = await check(path);
  expect(reasons).toEqual([]);
  expect(checked.database.tables).toEqual({ users: 1 });
});

test('a schema of nonsense is refused', async () => {
  const path = built((database) => {
    database.exec('CREATE TABLE users (id INTEGER PRIMARY KEY)');
    rewrite(database, `sql = 'CREATE TABLE users AS (((('`);
  });
  expect((await check(path)).reasons.join('; ')).toMatch(
    /is damaged: the schema cannot be read|cannot be read/,
  );
});

test('a schema that would keep SQLite busy for hours is ended at the time limit and refused', async () => {
  const path = built((database) => {
    database.exec(`CREATE TABLE users (id INTEGER PRIMARY KEY, size INTEGER); CREATE INDEX by_size ON users (size);
      WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n LIMIT 100000) INSERT INTO users SELECT i, i FROM n`);
    const slow = 'length(hex(zeroblob(100000000 + size)))';
    rewrite(database, `sql = 'CREATE INDEX by_size ON users (${slow})' WHERE name = 'by_size'`);
  });
  const { reasons, folder } = await check(path, { databaseTimeLimitMs: 3_000 });
  expect(reasons).toEqual(['the check of the database did not end within 3 s']);
  expect(readdirSync(folder)).toEqual(['database.sqlite']);
});

async function check(database: string, rules: Partial<CheckBackupArgs> = {}) {
  const root = newFolder();
  mkdirSync(join(root, 'uploads'));
  const uploads = join(root, 'uploads.tar.gz');
  execFileSync('tar', ['-czf', uploads, '-C', join(root, 'uploads'), '.']);
  const folder = newFolder();
  const archive = archiveOf(root, { database, uploads });
  return { folder, ...(await checkBackup({ archive, folder, full: true, ...rules }, context)) };
}

function built(fill: (database: Database.Database) => void): string {
  const path = join(newFolder(), 'built.sqlite');
  change(path, fill);
  return path;
}

function change(path: string, work: (database: Database.Database) => void): void {
  const database = new Database(path);
  work(database);
  database.close();
}

/** Says something else about what is in the file than what is in it. */
function rewrite(database: Database.Database, assignment: string): void {
  database.unsafeMode(true);
  database.pragma('writable_schema = ON');
  database.exec(`UPDATE sqlite_schema SET ${assignment}`);
}

function patched(good: Buffer, at: number, bytes: Buffer): Buffer {
  return Buffer.concat([good.subarray(0, at), bytes, good.subarray(at + bytes.length)]);
}
