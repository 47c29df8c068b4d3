import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import {
  chmodSync,
  existsSync,
  linkSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { describe, expect, onTestFinished, test } from 'vitest';
import { operations } from '../../../activities/adapters/data-owner/operations/index.ts';
import { buildSite, context, dataOwner, ownAll, owner, readRows, type Site } from './support/build-site.ts';
import { besideDatabase, buildBackedUpSite, contentOf, placeOf, stageArgs } from './support/restore-site.ts';

const { stageRestore, swapInRestored, takeBackRestored, discardStaged, salvageRows, compareWithStaged } =
  operations;

test('a restore puts database and uploads of the backup in place, and the old ones lie aside untouched', async () => {
  const { site, backedUp, before } = await buildBackedUpSite();
  const old = statSync(site.database);
  const staged = await stageRestore(stageArgs(site), context);
  expect(staged).toMatchObject({
    tables: { users: 40, audit_logs: 40 },
    uploads: { count: 5 },
    findings: [],
  });
  expect(contentOf(site)).toEqual(before);
  await swapInRestored(placeOf(site));
  expect(contentOf(site).uploads).toEqual(backedUp.uploads);
  expect(readRows(site.database)).toEqual({ users: 40, audit: 40, integrity: 'ok' });
  const aside = { database: join(site.asideDir, 'database.sqlite'), uploads: join(site.asideDir, 'uploads') };
  expect(contentOf(aside)).toEqual(before);
  expect(statSync(aside.database)).toMatchObject({ ino: old.ino, mtimeMs: old.mtimeMs });
});

test('what the backup does not have is counted before, and salvaged after, while users write again', async () => {
  const { site } = await buildBackedUpSite();
  await stageRestore(stageArgs(site), context);
  const lost = {
    users: { live: 41, notInBackup: 2, onlyInBackup: 1 },
    audit_logs: { live: 40, notInBackup: 1, onlyInBackup: 1 },
  };
  const uploads = { count: 5, notInBackup: 1, differing: 1, onlyInBackup: 1 };
  expect(await compareWithStaged(placeOf(site), context)).toEqual({
    tables: lost,
    notCompared: {},
    unreadable: null,
    uploads,
  });
  await swapInRestored(placeOf(site));
  const app = new Database(site.database);
  app.exec("INSERT INTO users (id, email) VALUES (900, 'after-the-restore@example.org')");
  app.close();
  const salvage = await salvageRows(placeOf(site), context);
  expect(salvage).toMatchObject({
    unreadable: null,
    tables: { users: { rows: 2, unreadable: 0, all: false }, audit_logs: { rows: 1, unreadable: 0 } },
    uploads,
  });
  const file = new Database(salvage.file ?? '', { readonly: true });
  expect(file.prepare('SELECT id, email FROM users ORDER BY id').all()).toEqual([
    { id: 1, email: 'new-name@example.org' },
    { id: 900, email: 'late@example.org' },
  ]);
  file.close();
  expect(statSync(salvage.file ?? '').mode & 0o777).toBe(0o640);
  const listed = readFileSync(salvage.uploadsListing, 'utf8');
  expect(listed).toContain('2026/late.bin');
  expect(listed).toContain('upload-2.bin');
  expect(await salvageRows(placeOf(site), context)).toEqual(salvage);
  await expect(takeBackRestored(placeOf(site))).rejects.toMatchObject({ code: 'USERS_ARE_IN' });
});

test('rows are salvaged from around the damage of a database', async () => {
  const site = buildSite({ rows: 6_000, files: 1, own: false });
  const { database, uploads, archive, manifest } = site;
  await operations.createBackup({ database, uploads, archive, manifest, runId: 'run-0' }, context);
  const app = new Database(database);
  app.exec("UPDATE audit_logs SET message = 'changed ' || message");
  app.pragma('wal_checkpoint(TRUNCATE)');
  const page = app
    .prepare<[], number>(
      "SELECT pageno FROM dbstat WHERE name = 'audit_logs' AND pagetype = 'leaf' ORDER BY path LIMIT 1 OFFSET 7",
    )
    .pluck()
    .get();
  app.close();
  const bytes = readFileSync(database);
  bytes.fill(0xff, ((page ?? 0) - 1) * 8192, (page ?? 0) * 8192);
  writeFileSync(database, bytes);
  await stageRestore(stageArgs(site), context);
  expect((await compareWithStaged(placeOf(site), context)).tables['audit_logs']).toBeNull();
  await swapInRestored(placeOf(site));
  const { tables } = await salvageRows(placeOf(site), context);
  expect(tables['audit_logs']?.unreadable).toBeGreaterThan(0);
  // 4,000 rows in some dozens of pages, of which one is gone.
  expect(tables['audit_logs']?.rows).toBeGreaterThan(3_700);
  expect(tables['audit_logs']?.rows).toBeLessThan(4_000);
  expect(tables['users']).toEqual({ rows: 0, unreadable: 0, all: false });
});

describe('a live database that is no whole one does not stop a restore', () => {
  test.each([
    ['gone', (site: Site) => rmSync(site.database)],
    [
      'of other bytes, with a log',
      (site: Site) => {
        writeFileSync(site.database, 'no database any more');
        writeFileSync(`${site.database}-wal`, 'its log');
      },
    ],
    ['empty', (site: Site) => writeFileSync(site.database, '')],
  ])('%s', async (_name, damage) => {
    const { site, backedUp } = await buildBackedUpSite();
    damage(site);
    const before = contentOf(site);
    const files = besideDatabase(site);
    await stageRestore(stageArgs(site), context);
    const { unreadable } = await compareWithStaged(placeOf(site), context);
    expect(unreadable).toMatch(/./);
    await swapInRestored(placeOf(site));
    expect(besideDatabase(site)).toEqual(['database.sqlite']);
    expect(readRows(site.database)).toEqual({ users: 40, audit: 40, integrity: 'ok' });
    expect(contentOf(site).uploads).toEqual(backedUp.uploads);
    rmSync(`${site.database}-wal`, { force: true });
    rmSync(`${site.database}-shm`, { force: true });
    await takeBackRestored(placeOf(site));
    expect(contentOf(site)).toEqual(before);
    expect(besideDatabase(site)).toEqual(files);
  });
});

test('an app that wrote to the restored data before it was taken back: its writes lie aside, the old data is whole', async () => {
  const { site, before } = await buildBackedUpSite();
  await stageRestore(stageArgs(site), context);
  await swapInRestored(placeOf(site));
  const app = new Database(site.database);
  app.exec("INSERT INTO users (email) VALUES ('smoke@example.org')");
  app.close();
  writeFileSync(join(site.uploads, 'smoke.bin'), 'smoke');
  for (let times = 0; times < 2; times += 1)
    expect(await takeBackRestored(placeOf(site))).toEqual({ restored: true });
  expect(contentOf(site)).toEqual(before);
  expect(readRows(join(site.asideDir, 'discarded', 'database.sqlite')).users).toBe(41);
  expect(readFileSync(join(site.asideDir, 'discarded-uploads', 'smoke.bin'), 'utf8')).toBe('smoke');
  await discardStaged(placeOf(site));
  expect(contentOf(site)).toEqual(before);
  expect(existsSync(join(site.asideDir, 'staged'))).toBe(false);
  expect(existsSync(join(site.asideDir, 'discarded', 'database.sqlite'))).toBe(true);
});

test('an upload is never put in the place of another one: the taking back stops, and goes on once the name is free', async () => {
  const { site, before } = await buildBackedUpSite();
  await stageRestore(stageArgs(site), context);
  await swapInRestored(placeOf(site));
  const discarded = join(site.asideDir, 'discarded-uploads');
  const taken = join(discarded, 'upload-0.bin');
  mkdirSync(discarded);
  writeFileSync(taken, 'of somebody');
  const refused = takeBackRestored(placeOf(site));
  await expect(refused).rejects.toMatchObject({
    code: 'ALREADY_EXISTS',
    message: expect.not.stringContaining('upload-0.bin'),
  });
  expect(readFileSync(taken, 'utf8')).toBe('of somebody');
  renameSync(taken, join(site.root, 'kept'));
  expect(await takeBackRestored(placeOf(site))).toEqual({ restored: true });
  expect(contentOf(site)).toEqual(before);
});

test('links have to be put back by hand, which is said before; what no backup takes on purpose stays where it is', async () => {
  const { site, before } = await buildBackedUpSite();
  const outside = join(site.root, 'big-disk');
  mkdirSync(outside);
  for (const name of ['2023', '2024']) symlinkSync(outside, join(site.uploads, name));
  const place = { ...placeOf(site), without: ['2024'] };
  const { findings } = await stageRestore({ ...stageArgs(site), ...place }, context);
  expect(findings).toEqual(['named in data.uploadsExclude, stays in the uploads as it is: 2024']);
  expect((await compareWithStaged(place, context)).uploads).toMatchObject({ count: 5, links: 1 });
  await swapInRestored(place);
  expect(readlinkSync(join(site.uploads, '2024'))).toBe(outside);
  expect(existsSync(join(site.uploads, '2023'))).toBe(false);
  expect(readlinkSync(join(site.asideDir, 'uploads', '2023'))).toBe(outside);
  await takeBackRestored(place);
  for (const name of ['2023', '2024']) expect(readlinkSync(join(site.uploads, name))).toBe(outside);
  expect(contentOf(site)).toEqual(before);
});

test('a name that no backup takes any more is swapped where the backup still has it', async () => {
  const { site, backedUp, before } = await buildBackedUpSite();
  const place = { ...placeOf(site), without: ['2025'] };
  const { findings } = await stageRestore({ ...stageArgs(site), ...place }, context);
  expect(findings).toEqual([expect.stringMatching(/^named in .*, but the backup has it: 2025;/)]);
  await swapInRestored(place);
  expect(contentOf(site).uploads).toEqual(backedUp.uploads);
  await takeBackRestored(place);
  expect(contentOf(site)).toEqual(before);
});

test('repeated by the engine, a swap that is done does nothing', async () => {
  const { site } = await buildBackedUpSite();
  await stageRestore(stageArgs(site), context);
  await swapInRestored(placeOf(site));
  const app = new Database(site.database);
  app.exec("INSERT INTO users (email) VALUES ('since@example.org')");
  const after = statSync(site.database).ino;
  // Not even a look: the app has the database open by now.
  expect(await swapInRestored(placeOf(site))).toEqual({ hadDatabase: true });
  expect(statSync(site.database).ino).toBe(after);
  app.close();
  await expect(discardStaged(placeOf(site))).rejects.toMatchObject({ code: 'RESTORE_UNDER_WAY' });
});

describe('refused before the swap, with the data as it was:', () => {
  test('a database that another process has open', async () => {
    const { site, before } = await buildBackedUpSite();
    await stageRestore(stageArgs(site), context);
    const program = `const D = require('better-sqlite3'); const db = new D(${JSON.stringify(site.database)});
      db.prepare('SELECT count(*) FROM users').get(); console.log('open'); setInterval(() => {}, 1000);`;
    const app = spawn(process.execPath, ['-e', program], { stdio: ['ignore', 'pipe', 'inherit'] });
    onTestFinished(() => void app.kill('SIGKILL'));
    await once(app.stdout, 'data');
    await expect(swapInRestored(placeOf(site))).rejects.toMatchObject({ code: 'DATABASE_IN_USE' });
    app.kill('SIGKILL');
    await once(app, 'close');
    expect(contentOf(site)).toEqual(before);
    expect(await takeBackRestored(placeOf(site))).toEqual({ restored: false });
  });

  test('a log that cannot be moved away', async () => {
    const { site, before } = await buildBackedUpSite();
    await stageRestore(stageArgs(site), context);
    writeFileSync(site.database, 'no database any more');
    writeFileSync(`${site.database}-wal`, 'its log');
    makeImmutable(`${site.database}-wal`);
    await expect(swapInRestored(placeOf(site))).rejects.toMatchObject({ code: 'NO_PERMISSION' });
    expect(readFileSync(site.database, 'utf8')).toBe('no database any more');
    await takeBackRestored(placeOf(site));
    expect(readFileSync(`${site.database}-wal`, 'utf8')).toBe('its log');
    expect(contentOf(site).uploads).toEqual(before.uploads);
  });

  test.each<[string, (site: Site) => void, RegExp]>([
    [
      'a database that is a link',
      ({ database, root }) => {
        renameSync(database, `${root}/real`);
        symlinkSync(`${root}/real`, database);
      },
      /link/,
    ],
    [
      'a database with a second name',
      ({ database, root }) => linkSync(database, `${root}/second`),
      /2 hard links/,
    ],
    [
      'uploads that are a link',
      ({ uploads, root }) => {
        renameSync(uploads, `${root}/real`);
        symlinkSync(`${root}/real`, uploads);
      },
      /link/,
    ],
    ['uploads that are missing', ({ uploads }) => rmSync(uploads, { recursive: true }), /missing/],
  ])('%s', async (_name, spoil, told) => {
    const { site } = await buildBackedUpSite();
    spoil(site);
    const { obstacles } = await operations.findRestoreObstacles(placeOf(site));
    expect(obstacles.map(({ got }) => got).join()).toMatch(told);
    await expect(stageRestore(stageArgs(site), context)).rejects.toMatchObject({ code: 'NOT_SWAPPABLE' });
    expect(existsSync(site.asideDir)).toBe(false);
  });

  test('an archive that is of another app', async () => {
    const { site } = await buildBackedUpSite();
    const args = { ...stageArgs(site), coreTables: ['users', 'invoices'] };
    await expect(stageRestore(args, context)).rejects.toMatchObject({ code: 'BACKUP_INVALID' });
    await discardStaged(placeOf(site));
    expect(existsSync(site.asideDir)).toBe(false);
  });
});

test('owner, group, modes and times stay, whoever the worker is', async () => {
  const site = buildSite({ rows: 60, files: 3 });
  const { database, uploads, archive, manifest } = site;
  chmodSync(database, 0o600);
  chmodSync(join(uploads, '2025'), 0o750);
  chmodSync(join(uploads, '2025', 'upload-1.bin'), 0o640);
  utimesSync(join(uploads, 'upload-2.bin'), 1_600_000_000, 1_600_000_000);
  await dataOwner.createBackup({ database, uploads, archive, manifest, runId: 'run-0' });
  writeFileSync(join(uploads, '2025', 'upload-1.bin'), 'overwritten');
  ownAll(uploads);
  await dataOwner.stageRestore(stageArgs(site));
  await dataOwner.swapInRestored(placeOf(site));
  expect(facts(database)).toEqual({ ...owner, mode: 0o600 });
  expect(facts(join(uploads, '2025'))).toEqual({ ...owner, mode: 0o750 });
  expect(facts(join(uploads, '2025', 'upload-1.bin'))).toEqual({ ...owner, mode: 0o640 });
  expect(statSync(join(uploads, 'upload-2.bin')).mtimeMs).toBe(1_600_000_000_000);
  expect(facts(uploads)).toEqual({ ...owner, mode: 0o755 });
  await dataOwner.takeBackRestored(placeOf(site));
  expect(facts(join(uploads, '2025'))).toEqual({ ...owner, mode: 0o750 });
  expect(readFileSync(join(uploads, '2025', 'upload-1.bin'), 'utf8')).toBe('overwritten');
});

test('uploads on a file system of their own are swapped there', async () => {
  const { site, backedUp } = await buildBackedUpSite();
  const uploads = mkdtempSync('/dev/shm/fdts-ops-test-');
  onTestFinished(() => rmSync(uploads, { recursive: true }));
  expect(statSync(uploads).dev).not.toBe(statSync(site.root).dev);
  mkdirSync(join(uploads, 'only-live'));
  writeFileSync(join(uploads, 'only-live', 'one.bin'), 'one');
  const place = { ...placeOf(site), uploads };
  await stageRestore({ ...stageArgs(site), uploads }, context);
  await swapInRestored(place);
  expect(contentOf({ database: site.database, uploads }).uploads).toEqual(backedUp.uploads);
  const { uploadsFolder } = await salvageRows(place, context);
  expect(readdirSync(uploadsFolder)).toEqual(['only-live']);
  // Backups of the uploads leave what a restore set aside there out.
  const listing = join(site.root, 'listing.jsonl');
  expect((await operations.listUploads({ uploads, listing })).count).toBe(5);
});

test('an archive that another program made is restored, and the report says that it has no manifest', async () => {
  const { site, backedUp } = await buildBackedUpSite();
  rmSync(site.manifest);
  const { manifest: _left, ...args } = stageArgs(site);
  const { findings } = await stageRestore(args, context);
  expect(findings.join()).toContain('no manifest');
  await swapInRestored(placeOf(site));
  expect(contentOf(site).uploads).toEqual(backedUp.uploads);
});

test('the database of before a window comes back alone: uploads stay, later rows are salvaged, and it is taken back', async () => {
  const site = buildSite({ rows: 60, files: 3, own: false });
  const { database, uploads, root } = site;
  const windowDir = join(root, 'data', '.fdts-ops-window');
  const listing = join(root, 'scratch', 'uploads-window.jsonl');
  await operations.listUploads({ uploads, listing });
  await operations.optimizeDatabase({ database, asideDir: windowDir, runId: 'window' }, context);
  const app = new Database(database);
  app.exec("INSERT INTO users (id, email) VALUES (900, 'since@example.org')");
  app.close();
  writeFileSync(join(uploads, 'since.bin'), 'since');
  rmSync(join(uploads, 'upload-2.bin'));
  const now = contentOf(site);
  const original = join(windowDir, 'database.sqlite');
  await operations.stageDatabase({ ...placeOf(site), original, listing }, context);
  expect(contentOf(site)).toEqual(now);
  expect(await compareWithStaged(placeOf(site), context)).toMatchObject({
    tables: { users: { live: 41, notInBackup: 1 }, audit_logs: { live: 40, notInBackup: 0 } },
    uploads: { count: 3, notInBackup: 1, differing: 0, onlyInBackup: 1 },
  });
  await swapInRestored(placeOf(site));
  expect(contentOf(site).uploads).toEqual(now.uploads);
  expect(readRows(database).users).toBe(40);
  rmSync(`${database}-wal`, { force: true });
  await takeBackRestored(placeOf(site));
  expect(contentOf(site)).toEqual(now);

  const lost = { ...placeOf(site), asideDir: join(root, 'data', '.fdts-ops-run-1b'), runId: 'run-1b' };
  await operations.stageDatabase({ ...lost, original, listing: `${listing}-lost` }, context);
  expect((await compareWithStaged(lost, context)).uploads).toMatchObject({
    notInBackup: 3,
    onlyInBackup: null,
  });

  const again = { ...placeOf(site), asideDir: join(root, 'data', '.fdts-ops-run-2'), runId: 'run-2' };
  await operations.stageDatabase({ ...again, original, listing }, context);
  const salvage = await salvageRows(again, context);
  expect(contentOf(site)).toEqual(now);
  await swapInRestored(again);
  await operations.closeSwap(again);
  await expect(takeBackRestored(again)).rejects.toMatchObject({ code: 'USERS_ARE_IN' });
  await operations.closeSwap(again);
  expect(salvage).toMatchObject({ tables: { users: { rows: 1 } }, uploads: { notInBackup: 1 } });
  expect(salvage.uploadsFolder).toBe(uploads);
  expect(readFileSync(join(uploads, 'since.bin'), 'utf8')).toBe('since');
  expect(readRows(original).users).toBe(40);
});

test('a database that comes back alone is kept back by nothing that lies in the uploads', async () => {
  const site = buildSite({ rows: 60, files: 3, own: false });
  const { database, uploads, root } = site;
  const windowDir = join(root, 'data', '.fdts-ops-window');
  await operations.optimizeDatabase({ database, asideDir: windowDir, runId: 'window' }, context);
  // The owner of the data may not move what others left there.
  mkdirSync(join(uploads, 'of-others'));
  ownAll(root);
  execFileSync('chown', ['-R', '0:0', join(uploads, 'of-others')]);
  chmodSync(join(uploads, 'of-others'), 0o755);
  const place = placeOf(site);
  const original = join(windowDir, 'database.sqlite');
  await dataOwner.stageDatabase({ ...place, original, listing: 'none' }, {});
  expect(await dataOwner.swapInRestored(place, {})).toEqual({ hadDatabase: true });
  await dataOwner.takeBackRestored(place, {});
  expect(existsSync(join(uploads, 'of-others'))).toBe(true);
  const again = { ...place, asideDir: join(root, 'data', '.fdts-ops-run-2'), runId: 'run-2' };
  const whole = dataOwner.stageRestore({ ...stageArgs(site), ...again }, {});
  await expect(whole).rejects.toMatchObject({ code: 'NOT_SWAPPABLE' });
});

function facts(path: string) {
  const { uid, gid, mode } = lstatSync(path);
  return { uid, gid, mode: mode & 0o7777 };
}

function makeImmutable(path: string): void {
  execFileSync('chattr', ['+i', path]);
  onTestFinished(() => void execFileSync('chattr', ['-i', path]));
}
