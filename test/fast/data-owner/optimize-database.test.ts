import { linkSync, readFileSync, renameSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { expect, onTestFinished, test, vi } from 'vitest';
import { operations } from '../../../activities/adapters/data-owner/operations/index.ts';
import { buildSite, context, dataOwner, owner, readRows, type Site } from './support/build-site.ts';
import { placeOf } from './support/restore-site.ts';

const { optimizeDatabase, restoreAside } = operations;

test.each(['wal', 'delete'])(
  'an optimised database in %s mode is smaller and otherwise the same',
  async (journal) => {
    const { database, asideDir } = buildSite({ journal });
    const before = describe(database);
    const original = readFileSync(database);
    const result = await dataOwner.optimizeDatabase({ database, asideDir, runId: 'run-1' });
    expect(result).toMatchObject({
      integrity: 'ok',
      foreignKeyViolations: 0,
      tables: { users: 1_334, audit_logs: 1_334 },
    });
    expect(result.bytesAfter).toBeLessThan(result.bytesBefore);
    expect(describe(database)).toEqual({ ...before, analyzed: true });
    expect(readFileSync(join(asideDir, 'database.sqlite')).equals(original)).toBe(true);
    expect(await dataOwner.optimizeDatabase({ database, asideDir, runId: 'run-1' })).toEqual(result);
  },
);

test('while users are shut out the copies are checked in the fast way, and the live database never is', async () => {
  const site = buildSite({ rows: 60, own: false });
  const { database, asideDir } = site;
  const pragma = vi.spyOn(Database.prototype, 'pragma');
  onTestFinished(() => pragma.mockRestore());
  const mapped = () =>
    new Set(
      pragma.mock.contexts
        .filter((_, call) => /^mmap_size = [1-9]/.test(String(pragma.mock.calls[call]?.[0])))
        .map((opened) => (opened instanceof Database ? opened.name : '')),
    );
  await optimizeDatabase(swapArgs(site), context);
  expect(mapped()).toEqual(new Set([`${database}.run-1.part`]));
  pragma.mockClear();
  const again = { ...placeOf(site), asideDir: `${asideDir}-back`, runId: 'run-2' };
  const original = join(asideDir, 'database.sqlite');
  await operations.stageDatabase({ ...again, original, listing: join(site.root, 'none') }, context);
  expect(mapped()).toEqual(new Set([join(again.asideDir, 'staged', 'database.sqlite')]));
});

test('a database that the app has open is refused and left alone', async () => {
  const site = buildSite({ own: false });
  const app = new Database(site.database);
  app.exec("INSERT INTO users (email) VALUES ('late@example.org')");
  await expect(optimizeDatabase(swapArgs(site), context)).rejects.toMatchObject({ code: 'DATABASE_IN_USE' });
  app.close();
  expect(readRows(site.database).users).toBe(1_335);
});

test('a link, a file with a second name and another run’s folder are refused', async () => {
  const site = buildSite({ own: false });
  linkSync(site.database, `${site.root}/second-name`);
  await expect(optimizeDatabase(swapArgs(site), context)).rejects.toMatchObject({ code: 'DATABASE_LINKED' });
  renameSync(site.database, `${site.root}/real`);
  symlinkSync(`${site.root}/real`, site.database);
  await expect(optimizeDatabase(swapArgs(site), context)).rejects.toMatchObject({ code: 'NOT_A_FILE' });
  const other = buildSite({ own: false });
  await optimizeDatabase(swapArgs(other), context);
  const stranger = optimizeDatabase({ ...swapArgs(other), runId: 'run-2' }, context);
  await expect(stranger).rejects.toMatchObject({ code: 'ALREADY_EXISTS' });
});

test('taking back does nothing when nothing was moved, and is refused when the original was tampered with', async () => {
  const site = buildSite({ own: false });
  expect(await restoreAside(swapArgs(site), context)).toEqual({ restored: false });
  await optimizeDatabase(swapArgs(site), context);
  writeFileSync(join(site.asideDir, 'database.sqlite'), 'tampered');
  await expect(restoreAside(swapArgs(site), context)).rejects.toMatchObject({ code: 'ASIDE_CHANGED' });
  expect(readRows(site.database).integrity).toBe('ok');
});

test('taking back keeps what was written since in a discarded folder', async () => {
  const site = buildSite({ own: false });
  await optimizeDatabase(swapArgs(site), context);
  const app = new Database(site.database);
  app.exec("INSERT INTO users (email) VALUES ('since@example.org')");
  app.close();
  const { discarded, ...rest } = await restoreAside(swapArgs(site), context);
  expect(rest).toEqual({ restored: true, identical: true });
  expect(readRows(site.database).users).toBe(1_334);
  expect(readRows(join(discarded ?? '', 'database.sqlite')).users).toBe(1_335);
});

test('a restore takes a damaged database and its log away together, and back together', async () => {
  const site = buildSite({ own: false });
  const { database, uploads, archive, manifest, scratch } = site;
  await operations.createBackup({ database, uploads, archive, manifest, runId: 'run-1' }, context);
  writeFileSync(database, 'no database any more');
  writeFileSync(`${database}-wal`, 'its log');
  const restore = { archive, manifest, scratch, ...swapArgs(site) };
  expect(await operations.restoreFromBackup(restore, context)).toMatchObject({ hadOriginal: true });
  expect(readRows(database)).toEqual({ users: 1_334, audit: 1_334, integrity: 'ok' });
  expect(readFileSync(join(site.asideDir, 'database.sqlite-wal'), 'utf8')).toBe('its log');
  expect(await restoreAside(swapArgs(site), context)).toMatchObject({ restored: true, identical: true });
  expect(readFileSync(database, 'utf8')).toBe('no database any more');
  expect(readFileSync(`${database}-wal`, 'utf8')).toBe('its log');
});

test("an archive of the site's own script, which has no manifest, is restored when it says so", async () => {
  const site = buildSite({ own: false });
  const { database, uploads, archive, manifest, scratch } = site;
  await operations.createBackup({ database, uploads, archive, manifest, runId: 'run-1' }, context);
  rmSync(manifest);
  writeFileSync(database, 'no database any more');
  const restore = { archive, scratch, ...swapArgs(site) };
  await expect(operations.restoreFromBackup({ ...restore, manifest }, context)).rejects.toMatchObject({
    code: 'NOT_FOUND',
  });
  expect(await operations.restoreFromBackup(restore, context)).toMatchObject({ hadOriginal: true });
  expect(readRows(database)).toEqual({ users: 1_334, audit: 1_334, integrity: 'ok' });
});

test('a restore over a database that another user has open is refused, and its log is left alone', async () => {
  const site = buildSite();
  const { database, uploads, archive, manifest, scratch } = site;
  await dataOwner.createBackup({ database, uploads, archive, manifest, runId: 'run-1' });
  const app = new Database(database);
  app.exec("INSERT INTO users (email) VALUES ('late@example.org')");
  const restored = dataOwner.restoreFromBackup({ archive, manifest, scratch, ...swapArgs(site) });
  await expect(restored).rejects.toMatchObject({ code: 'DATABASE_IN_USE' });
  app.close();
  expect(readRows(database).users).toBe(1_335);
});

test('a database that is gone is restored, and belongs to the owner', async () => {
  const site = buildSite();
  const { database, uploads, archive, manifest, scratch } = site;
  await dataOwner.createBackup({ database, uploads, archive, manifest, runId: 'run-1' });
  renameSync(database, `${site.root}/elsewhere`);
  const restore = { archive, manifest, scratch, ...swapArgs(site) };
  const restored = await dataOwner.restoreFromBackup(restore);
  expect(restored).toMatchObject({ hadOriginal: false, userVersion: 7 });
  expect(statSync(database)).toMatchObject(owner);
  expect(await dataOwner.restoreFromBackup(restore)).toEqual(restored);
});

function swapArgs({ database, asideDir }: Site) {
  return { database, asideDir, runId: 'run-1' };
}

/** All that a compacted copy must have kept. */
function describe(path: string) {
  const database = new Database(path, { readonly: true });
  const pragma = (name: string) => database.pragma(name, { simple: true });
  const names = ['page_size', 'journal_mode', 'user_version', 'application_id', 'encoding', 'auto_vacuum'];
  const kept = Object.fromEntries(names.map((name) => [name, pragma(name)]));
  const analyzed =
    database.prepare("SELECT 1 FROM sqlite_schema WHERE name = 'sqlite_stat1'").get() !== undefined;
  const rows = database.prepare('SELECT id, user_id, message FROM audit_logs ORDER BY id').all();
  database.close();
  const { uid, gid, mode } = statSync(path);
  return { kept, analyzed, rows, uid, gid, mode };
}
