import { existsSync, openSync, readdirSync, statSync, writeFileSync, writeSync } from 'node:fs';
import { dirname, join } from 'node:path';
import Database from 'better-sqlite3';
import { expect, test } from 'vitest';
import { buildSite, dataOwner, ownAll, owner } from './support/build-site.ts';

test('a path without a database is an error, and none is created there', async () => {
  const site = buildSite();
  const database = join(dirname(site.database), 'missing.sqlite');
  await expect(dataOwner.inspectDatabase({ database, full: true })).rejects.toMatchObject({
    code: 'DATABASE_MISSING',
    operation: 'inspectDatabase',
    retryable: false,
  });
  expect(existsSync(database)).toBe(false);
});

test('a folder in place of the database is called one', async () => {
  const { root } = buildSite();
  await expect(
    dataOwner.inspectDatabase({ database: join(root, 'data'), full: false }),
  ).rejects.toMatchObject({
    code: 'NOT_A_FILE',
    message: expect.stringContaining('got a folder, expected a file'),
  });
});

test('a file with 0 bytes and a database without tables are empty, not healthy', async () => {
  const site = buildSite();
  const empty = join(site.root, 'empty.sqlite');
  writeFileSync(empty, '');
  const bare = join(site.root, 'bare.sqlite');
  new Database(bare).exec('CREATE TABLE t(a); DROP TABLE t').close();
  ownAll(site.root);
  for (const database of [empty, bare]) {
    await expect(dataOwner.inspectDatabase({ database, full: true })).rejects.toMatchObject({
      code: 'EMPTY_DATABASE',
    });
  }
});

test('a text file and random bytes are called no database', async () => {
  const site = buildSite();
  const database = join(site.root, 'text.sqlite');
  writeFileSync(database, 'this is not a database '.repeat(500));
  ownAll(site.root);
  await expect(dataOwner.inspectDatabase({ database, full: true })).rejects.toMatchObject({
    code: 'NOT_A_DATABASE',
  });
});

test('a damaged page is found and reported as a result', async () => {
  const { database } = buildSite();
  const { size } = statSync(database);
  const file = openSync(database, 'r+');
  for (let page = 4; page < 12; page += 1) writeSync(file, Buffer.alloc(200, 0xa5), 0, 200, page * 8_192 + 8);
  const { integrity, bytes } = await dataOwner.inspectDatabase({ database, full: true });
  expect(bytes).toBe(size);
  expect(integrity).not.toBe('ok');
  expect(integrity.length).toBeGreaterThan(0);
});

test('a missing index entry is found by the full check', async () => {
  const { database } = buildSite();
  const connection = new Database(database);
  connection.unsafeMode(true);
  connection.pragma('writable_schema = ON');
  connection.exec(`UPDATE sqlite_schema SET sql = 'CREATE INDEX audit_by_message ON audit_logs(user_id)'
    WHERE name = 'audit_by_message'`);
  connection.close();
  ownAll(dirname(database));
  const { integrity } = await dataOwner.inspectDatabase({ database, full: true });
  expect(integrity).not.toBe('ok');
});

test('a row that refers to nothing is counted', async () => {
  const { database } = buildSite();
  const connection = new Database(database);
  connection.pragma('foreign_keys = OFF');
  connection.exec('UPDATE audit_logs SET user_id = 999999 WHERE id IN (1, 2)');
  connection.close();
  ownAll(dirname(database));
  expect(await dataOwner.inspectDatabase({ database, full: false })).toMatchObject({
    integrity: 'ok',
    foreignKeyViolations: 2,
  });
});

test('a healthy database shows its facts, and nothing of another user is left beside it', async () => {
  const { database } = buildSite();
  const facts = await dataOwner.inspectDatabase({ database, full: true });
  expect(facts).toMatchObject({
    integrity: 'ok',
    foreignKeyViolations: 0,
    pageSize: 8_192,
    journalMode: 'wal',
    userVersion: 7,
    tables: { users: 1_334, audit_logs: 1_334 },
    bytes: statSync(database).size,
  });
  expect(readdirSync(dirname(database))).toEqual(['database.sqlite']);
});

test('beside an open database the log stays and belongs to the owner', async () => {
  const { database } = buildSite();
  const { mtimeMs } = statSync(database);
  const app = new Database(database);
  app.exec("INSERT INTO users (email) VALUES ('new@example.org')");
  ownAll(dirname(database));
  const { tables } = await dataOwner.inspectDatabase({ database, full: true });
  expect(tables['users']).toBe(1_335);
  expect(statSync(`${database}-wal`).uid).toBe(owner.uid);
  expect(statSync(database).mtimeMs).toBe(mtimeMs);
  app.close();
});
