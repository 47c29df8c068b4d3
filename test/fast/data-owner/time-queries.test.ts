import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { buildSite, dataOwner } from './support/build-site.ts';

const ask = (database: string, queries: string[], repeats = 3) =>
  dataOwner.timeQueries({ database, queries, repeats });

test.each([
  ['a change', 'DELETE FROM users'],
  ['a change that answers rows', 'DELETE FROM users RETURNING id'],
  ['a setting', 'PRAGMA user_version = 99'],
  ['two queries at once', 'SELECT 1; SELECT 2'],
  ['a table that is not there', 'SELECT * FROM nowhere'],
])('%s is refused, and nothing is run', async (_, sql) => {
  const { database } = buildSite();
  await expect(ask(database, ['SELECT count(*) FROM users', sql])).rejects.toMatchObject({
    code: 'QUERY_REFUSED',
    target: sql,
    hint: expect.stringContaining('performance.queries'),
  });
  const { tables, userVersion } = await dataOwner.inspectDatabase({ database, full: false });
  expect(tables['users']).toBeGreaterThan(0);
  expect(userVersion).not.toBe(99);
});

test('a database that is not there is an error, and none is made', async () => {
  const database = join(buildSite().root, 'data', 'other.sqlite');
  await expect(ask(database, ['SELECT 1'])).rejects.toMatchObject({ code: 'DATABASE_MISSING' });
  expect(existsSync(database)).toBe(false);
});

test('each query is run as often as asked, one after the other', async () => {
  const { database } = buildSite();
  const timed = await ask(database, ['SELECT count(*) FROM users', 'SELECT * FROM users'], 4);
  expect(timed.queries.map(({ sql, milliseconds }) => [sql, milliseconds.length])).toEqual([
    ['SELECT count(*) FROM users', 4],
    ['SELECT * FROM users', 4],
  ]);
});

test('it says what the file consists of', async () => {
  const { database } = buildSite({ journal: 'delete' });
  const timed = await ask(database, ['SELECT 1']);
  expect(timed).toMatchObject({
    journalMode: 'delete',
    walBytes: 0,
    bytes: timed.pageCount * timed.pageSize,
  });
  expect(timed.freelistCount).toBeGreaterThan(0);
});
