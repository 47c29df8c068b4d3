import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { expect, onTestFinished, test } from 'vitest';
import { buildSite, dataOwner } from './support/build-site.ts';
import { startApp, stopApp } from './support/live-app.ts';

const look = (database: string) => dataOwner.findLocks({ database, seconds: 1 });

test.each(['wal', 'delete'])(
  'who keeps the write lock of a %s database is named by process',
  async (journal) => {
    const { database } = buildSite({ journal });
    const holder = new Database(database);
    onTestFinished(() => void holder.close());
    holder.exec('BEGIN IMMEDIATE');
    expect(await look(database)).toMatchObject({
      problem: null,
      holders: [{ pid: process.pid, lock: 'write' }],
    });
    holder.exec('ROLLBACK');
    expect(await look(database)).toMatchObject({ problem: null, holders: [] });
  },
);

test('an app that writes all the time keeps nobody out', async () => {
  const { database } = buildSite();
  const app = await startApp(database, 200);
  expect(await look(database)).toMatchObject({ problem: null, holders: [] });
  expect(await stopApp(app)).toMatchObject({ errors: 0 });
});

test('a database that is gone, and one that is none, are findings with their code', async () => {
  const { root, database } = buildSite();
  expect(await look(join(root, 'data', 'gone.sqlite'))).toMatchObject({
    problem: { code: 'DATABASE_MISSING' },
    holders: [],
  });
  writeFileSync(database, 'no database '.repeat(1000));
  expect(await look(database)).toMatchObject({ readMs: null, problem: { code: 'NOT_A_DATABASE' } });
});
