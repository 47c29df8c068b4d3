import { readFileSync, writeFileSync } from 'node:fs';
import Database from 'better-sqlite3';
import { expect, test } from 'vitest';
import { operations } from '../../../activities/adapters/data-owner/operations/index.ts';
import { buildSite, context, type Site } from './support/build-site.ts';
import { placeOf, stageArgs } from './support/restore-site.ts';

const { stageRestore, swapInRestored, salvageRows, compareWithStaged } = operations;

test('every table counts, by whatever key its rows can be told apart', async () => {
  const site = await backedUp(
    `CREATE TABLE orders (id TEXT PRIMARY KEY, total INTEGER); INSERT INTO orders VALUES ('a', 1), ('b', 2), ('c', 3);
     CREATE TABLE carts (user INTEGER NOT NULL, item TEXT NOT NULL, PRIMARY KEY (user, item)) WITHOUT ROWID;
     INSERT INTO carts VALUES (1, 'x');
     CREATE TABLE tags (name TEXT NOT NULL UNIQUE COLLATE NOCASE); INSERT INTO tags VALUES ('Red');
     CREATE TABLE "odd ""name" (id INTEGER PRIMARY KEY, twice AS (id * 2) STORED); INSERT INTO "odd ""name" VALUES (1);`,
    `INSERT INTO orders VALUES ('d', 4); UPDATE orders SET total = 9 WHERE id = 'b'; DELETE FROM orders WHERE id = 'c';
     INSERT INTO carts VALUES (1, 'y'); UPDATE tags SET name = 'red'; INSERT INTO "odd ""name" VALUES (2);
     CREATE TABLE later (note TEXT); INSERT INTO later VALUES ('only now');`,
  );
  const { tables, notCompared } = await compareWithStaged(placeOf(site), context);
  expect(tables).toMatchObject({
    orders: { live: 3, notInBackup: 2, onlyInBackup: 2 },
    carts: { live: 2, notInBackup: 1, onlyInBackup: 0 },
    tags: { live: 1, notInBackup: 1, onlyInBackup: 1 },
    'odd "name': { live: 2, notInBackup: 1, onlyInBackup: 0 },
    later: { live: 1, notInBackup: 1, onlyInBackup: 0 },
    users: { notInBackup: 0, onlyInBackup: 0 },
  });
  expect(notCompared).toEqual({});
  const salvaged = await swapAndSalvage(site);
  expect(rowsOf(salvaged.file, 'SELECT * FROM orders ORDER BY id')).toEqual([
    { id: 'b', total: 9 },
    { id: 'd', total: 4 },
  ]);
  expect(rowsOf(salvaged.file, 'SELECT * FROM "odd ""name"')).toEqual([{ id: 2, twice: 4 }]);
  expect(rowsOf(salvaged.file, 'SELECT * FROM later')).toEqual([{ note: 'only now' }]);
});

test('rows without any key are matched as often as they are there, however many there are', async () => {
  const many = `WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 60000)
    INSERT INTO events SELECT 'event', i / 2, NULL FROM n;`;
  const site = await backedUp(
    `CREATE TABLE events (kind TEXT, number INTEGER, note TEXT); ${many}`,
    // A compaction gives other row numbers; a third 'event 7' is one more than the backup has.
    `DELETE FROM events WHERE number = 3; VACUUM; INSERT INTO events VALUES ('event', 7, NULL), ('new', 1, 'x');`,
  );
  const { tables } = await compareWithStaged(placeOf(site), context);
  expect(tables['events']).toEqual({ live: 60_000, notInBackup: 2, onlyInBackup: 2 });
  const { file } = await swapAndSalvage(site);
  expect(rowsOf(file, 'SELECT * FROM events ORDER BY kind')).toEqual([
    { kind: 'event', number: 7, note: null },
    { kind: 'new', number: 1, note: 'x' },
  ]);
});

test('what users put into a column that the backup lacks counts, and what the column came with does not', async () => {
  const site = await backedUp(
    `CREATE TABLE files (id INTEGER PRIMARY KEY, name TEXT);
     INSERT INTO files VALUES (1, 'one'), (2, 'two'), (3, 'three'), (4, 'four');
     CREATE TABLE people (id INTEGER PRIMARY KEY, nick TEXT); INSERT INTO people VALUES (1, 'ann'), (2, NULL);
     CREATE TABLE stamped (id INTEGER PRIMARY KEY); INSERT INTO stamped VALUES (1), (2);
     CREATE TABLE counted (id INTEGER PRIMARY KEY, word TEXT); INSERT INTO counted VALUES (1, 'x');`,
    `ALTER TABLE files ADD COLUMN note TEXT; UPDATE files SET note = 'by a user' WHERE id = 1;
     ALTER TABLE files ADD COLUMN kind TEXT NOT NULL DEFAULT 'it''s plain'; UPDATE files SET kind = 'IT''S PLAIN' WHERE id = 2;
     ALTER TABLE files ADD COLUMN size INTEGER DEFAULT -1; ALTER TABLE files ADD COLUMN code TEXT DEFAULT 7;
     ALTER TABLE files ADD COLUMN raw DEFAULT x'00ff'; ALTER TABLE files ADD COLUMN "a ""b" TEXT DEFAULT "a ""b's";
     ALTER TABLE files ADD COLUMN level INTEGER DEFAULT TRUE; UPDATE files SET level = 5 WHERE id = 4;
     ALTER TABLE people RENAME COLUMN nick TO alias; UPDATE people SET alias = 'anna' WHERE id = 1;
     CREATE TABLE made_anew (id INTEGER PRIMARY KEY, at TEXT DEFAULT (date('now')));
     INSERT INTO made_anew SELECT id, NULL FROM stamped; DROP TABLE stamped; ALTER TABLE made_anew RENAME TO stamped;
     ALTER TABLE counted ADD COLUMN letters INTEGER AS (length(word)) VIRTUAL;`,
  );
  const { tables } = await compareWithStaged(placeOf(site), context);
  expect(tables).toMatchObject({
    files: { live: 4, notInBackup: 3, onlyInBackup: 3 },
    people: { live: 2, notInBackup: 1 },
    // Nobody can tell which of its values an expression made.
    stamped: { live: 2, notInBackup: 2 },
    counted: { live: 1, notInBackup: 0 },
  });
  const { file } = await swapAndSalvage(site);
  expect(rowsOf(file, 'SELECT id, note, kind, level FROM files ORDER BY id')).toEqual([
    { id: 1, note: 'by a user', kind: "it's plain", level: 1 },
    { id: 2, note: null, kind: "IT'S PLAIN", level: 1 },
    { id: 4, note: null, kind: "it's plain", level: 5 },
  ]);
  expect(rowsOf(file, 'SELECT id, alias FROM people')).toEqual([{ id: 1, alias: 'anna' }]);
  expect(rowsOf(file, 'SELECT * FROM stamped')).toHaveLength(2);
});

test('what cannot be compared is named with its reason, and the rest is compared', async () => {
  const site = await backedUp(
    `CREATE VIRTUAL TABLE search USING fts5(body); INSERT INTO search VALUES ('words');
     CREATE TABLE loose (a TEXT);  INSERT INTO loose VALUES ('1');`,
    `ALTER TABLE loose ADD COLUMN b TEXT; INSERT INTO loose VALUES ('2', 'two');
     INSERT INTO users (id, email) VALUES (900, 'late@example.org');`,
  );
  const { tables, notCompared } = await compareWithStaged(placeOf(site), context);
  expect(notCompared).toEqual({
    search: expect.stringContaining('virtual'),
    loose: expect.stringContaining('no key'),
  });
  expect(tables).toMatchObject({ users: { notInBackup: 1 }, audit_logs: { notInBackup: 0 } });
  expect(Object.keys(tables).filter((name) => name.startsWith('search'))).toEqual([]);
  const salvage = await swapAndSalvage(site);
  expect(salvage.tables['loose']).toEqual({ rows: 2, unreadable: 0, all: true });
  expect(salvage.notSalvaged).toEqual({ search: expect.stringContaining('virtual') });
});

test('a damaged table without a key is salvaged whole, around the damage', async () => {
  const site = await backedUp(
    `CREATE TABLE events (note TEXT);
     WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 4000)
     INSERT INTO events SELECT 'event ' || i || printf('%.200c', 'x') FROM n;`,
    `INSERT INTO events VALUES ('late');`,
  );
  damageLeaf(site, 'events');
  expect((await compareWithStaged(placeOf(site), context)).tables['events']).toBeNull();
  const { tables } = await swapAndSalvage(site);
  expect(tables['events']).toMatchObject({ all: true });
  expect(tables['events']?.unreadable).toBeGreaterThan(0);
  expect(tables['events']?.rows).toBeGreaterThan(3_500);
});

async function backedUp(before: string, after: string): Promise<Site> {
  const site = buildSite({ rows: 60, files: 1, own: false });
  const { database, uploads, archive, manifest } = site;
  run(database, before);
  await operations.createBackup({ database, uploads, archive, manifest, runId: 'run-0' }, context);
  run(database, after);
  await stageRestore(stageArgs(site), context);
  return site;
}

async function swapAndSalvage(site: Site) {
  await swapInRestored(placeOf(site));
  return salvageRows(placeOf(site), context);
}

function run(path: string, sql: string): void {
  const database = new Database(path);
  database.exec(sql);
  database.pragma('wal_checkpoint(TRUNCATE)');
  database.close();
}

function rowsOf(path: string | null, sql: string): unknown[] {
  const database = new Database(path ?? '', { readonly: true, fileMustExist: true });
  try {
    return database.prepare(sql).all();
  } finally {
    database.close();
  }
}

function damageLeaf({ database }: Site, table: string): void {
  const opened = new Database(database);
  const page = opened
    .prepare<[string], number>(
      "SELECT pageno FROM dbstat WHERE name = ? AND pagetype = 'leaf' ORDER BY path LIMIT 1 OFFSET 7",
    )
    .pluck()
    .get(table);
  opened.close();
  const bytes = readFileSync(database);
  bytes.fill(0xff, ((page ?? 0) - 1) * 8192, (page ?? 0) * 8192);
  writeFileSync(database, bytes);
}
