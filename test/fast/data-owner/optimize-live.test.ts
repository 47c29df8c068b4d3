import { statSync } from 'node:fs';
import { readdir } from 'node:fs/promises';
import Database from 'better-sqlite3';
import { describe, expect, onTestFinished, test } from 'vitest';
import { operations } from '../../../activities/adapters/data-owner/operations/index.ts';
import { buildSite, context, dataOwner, readRows, type Site } from './support/build-site.ts';

const { measureOptimize, optimizeLive } = operations;

/** The app of a site, with the database open as on a real host. */
function openApp({ database }: Site): Database.Database {
  const app = new Database(database, { timeout: 5000 });
  onTestFinished(() => {
    app.close();
  });
  return app;
}

/** A site whose database gives free pages back in slices, with some to give back. */
function incrementalSite(): Site {
  const site = buildSite({ own: false });
  const database = new Database(site.database);
  database.exec('PRAGMA auto_vacuum = INCREMENTAL; VACUUM; DELETE FROM audit_logs WHERE id < 1900');
  database.close();
  return site;
}

describe('measuring', () => {
  test('says what would be gained and how long writers would wait, and leaves no copy', async () => {
    const { database, scratch } = buildSite();
    const bytes = statSync(database).size;
    const found = await dataOwner.measureOptimize({ database, scratch });
    expect(found).toMatchObject({ bytes, inSlices: false, longestSliceMs: null });
    expect(found.compactBytes).toBeLessThan(bytes);
    expect(found.lastWrittenBy).toBe(found.ownVersion);
    expect(await readdir(scratch)).toEqual([]);
    expect(statSync(database).size).toBe(bytes);
  });

  test('measures slices where the database can be tidied in slices', async () => {
    const { database, scratch } = incrementalSite();
    const found = await measureOptimize({ database, scratch }, context);
    expect(found.inSlices).toBe(true);
    expect(found.longestSliceMs).toBeTypeOf('number');
  });
});

describe('a database that the app has open', () => {
  test.each(['vacuum', 'slices'] as const)(
    'is smaller after %s, analyzed, and the app goes on',
    async (way) => {
      const site = incrementalSite();
      const app = openApp(site);
      const before = readRows(site.database);
      const done = await optimizeLive({ database: site.database, way, waitMs: 1000 }, context);
      expect(done.integrity).toBe('ok');
      app.pragma('wal_checkpoint(TRUNCATE)');
      expect(statSync(site.database).size).toBeLessThan(done.bytesBefore);
      app.exec("INSERT INTO users (email) VALUES ('after@example.org')");
      expect(app.prepare('SELECT count(*) AS n FROM sqlite_stat1').get()).not.toEqual({ n: 0 });
      expect(readRows(site.database)).toEqual({ ...before, users: before.users + 1 });
      expect(done.slices > 0).toBe(way === 'slices');
      // Repeating it is safe, and has nothing left to give back.
      expect(await optimizeLive({ database: site.database, way, waitMs: 1000 }, context)).toMatchObject({
        slices: 0,
      });
    },
  );

  test('and has locked is said to be in use, and nothing is changed', async () => {
    const site = incrementalSite();
    const app = openApp(site);
    app.exec('BEGIN IMMEDIATE');
    for (const way of ['vacuum', 'slices', 'analyze'] as const) {
      const locked = optimizeLive({ database: site.database, way, waitMs: 50 }, context);
      await expect(locked).rejects.toMatchObject({ code: 'DATABASE_IN_USE' });
    }
    app.exec('ROLLBACK');
  });
});
