import { createHash } from 'node:crypto';
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import Database from 'better-sqlite3';
import { expect, test } from 'vitest';
import { operations } from '../../../activities/adapters/data-owner/operations/index.ts';
import { atEveryKill } from './support/at-every-kill.ts';
import { buildSite, context, dataOwner, readRows, type Site } from './support/build-site.ts';

const { setDatabaseAside, restoreAside } = operations;
const whole = { users: 1_334, audit: 1_334, integrity: 'ok' };
const minutes = 60_000;

const args = ({ database, asideDir }: Site) => ({ database, asideDir, runId: 'run-1' });
const hash = (path: string) => createHash('sha256').update(readFileSync(path)).digest('hex');
const parts = ({ database }: Site) => readdirSync(dirname(database)).filter((name) => name.includes('.part'));

test('a database that the app has open is refused and left alone', async () => {
  const site = buildSite({ own: false });
  const app = new Database(site.database);
  app.exec("INSERT INTO users (email) VALUES ('late@example.org')");
  await expect(setDatabaseAside(args(site), context)).rejects.toMatchObject({ code: 'DATABASE_IN_USE' });
  app.close();
  expect(readRows(site.database).users).toBe(1_335);
});

test("another run's folder is refused", async () => {
  const site = buildSite({ own: false });
  await setDatabaseAside(args(site), context);
  const stranger = setDatabaseAside({ ...args(site), runId: 'run-2' }, context);
  await expect(stranger).rejects.toMatchObject({ code: 'ALREADY_EXISTS' });
});

test.each(['wal', 'delete'])(
  'in %s mode a copy takes its place, and what is done to it is taken back whole',
  async (journal) => {
    const site = buildSite({ journal });
    const { database, asideDir } = site;
    const { mode, uid, gid } = statSync(database);
    const kept = await dataOwner.setDatabaseAside(args(site));
    expect(hash(join(asideDir, 'database.sqlite'))).toBe(kept.sha256);
    expect(hash(database)).toBe(kept.sha256);
    expect(statSync(database)).toMatchObject({ mode, uid, gid });
    expect(await dataOwner.setDatabaseAside(args(site))).toEqual(kept);

    const script = new Database(database);
    script.exec('DELETE FROM audit_logs');
    script.close();
    expect(await dataOwner.restoreAside(args(site))).toMatchObject({ restored: true, identical: true });
    expect(hash(database)).toBe(kept.sha256);
    expect(readRows(database)).toEqual(whole);
  },
);

test(
  'killed anywhere it leaves a whole database; the repeat finishes it, and it can be taken back to the very same file',
  async () => {
    const points = await atEveryKill(
      (site) => ['setDatabaseAside', args(site)],
      async (site, before) => {
        expect(readRows(site.database)).toEqual(whole);
        await setDatabaseAside(args(site), context);
        expect(readRows(join(site.asideDir, 'database.sqlite'))).toEqual(whole);
        expect(parts(site)).toEqual([]);
        expect(await restoreAside(args(site), context)).toMatchObject({ restored: true, identical: true });
        expect(hash(site.database)).toBe(before);
      },
    );
    expect(points).toBeGreaterThan(8);
  },
  3 * minutes,
);
