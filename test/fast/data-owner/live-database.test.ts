import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readdirSync } from 'node:fs';
import { createRequire } from 'node:module';
import Database from 'better-sqlite3';
import { expect, onTestFinished, test } from 'vitest';
import {
  hasWalResetBug,
  lastWrittenBy,
  requireFixedLibrary,
} from '../../../activities/adapters/data-owner/sqlite/library-version.ts';
import { ownSqliteVersion } from '../../../activities/adapters/data-owner/sqlite/open-database.ts';
import { checkAppsSqlite } from '../../../activities/backups/apps-sqlite.ts';
import { buildSite, dataOwner, owner, readRows, type Site } from './support/build-site.ts';
import { startApp, stopApp } from './support/live-app.ts';

test.each([200, 2_000])(
  'while the app writes %d times a second a backup ends, holds one commit, and fails no write',
  async (perSecond) => {
    const site = buildSite({ rows: 60_000 });
    const app = await startApp(site.database, perSecond);
    const made = await dataOwner.createBackup(argsFor(site));
    const { written, errors } = await stopApp(app);
    expect(errors).toBe(0);
    const { users, audit_logs: audit } = made.database.tables;
    // A user and its audit row are one transaction: any other copy than that of one commit has more of one of them.
    expect(users).toBe(audit);
    expect(users).toBeGreaterThanOrEqual(40_000 + 20);
    // It went on writing while the backup was made.
    expect(users).toBeLessThan(40_000 + written);
    expect((await dataOwner.verifyBackup({ ...whole(site), full: true })).ok).toBe(true);
  },
);

test('without a log writes wait while a backup copies the file, and no longer: none fails, and it holds one commit', async () => {
  // So long better-sqlite3 and Python wait for a lock when they are told nothing.
  const busyTimeoutMs = 5_000;
  const site = buildSite({ rows: 60_000, journal: 'delete' });
  const app = await startApp(site.database, 20);
  const made = await dataOwner.createBackup(argsFor(site));
  const { written, errors, longestMs } = await stopApp(app);
  expect(errors).toBe(0);
  expect(longestMs).toBeLessThan(busyTimeoutMs);
  const { users, audit_logs: audit } = made.database.tables;
  expect(users).toBe(audit);
  expect(users).toBeGreaterThanOrEqual(40_000 + 20);
  expect(users).toBeLessThan(40_000 + written);
  expect((await dataOwner.verifyBackup({ ...whole(site), full: true })).ok).toBe(true);
});

const holders: [string, string, string][] = [
  ['an exclusive transaction', 'delete', 'BEGIN EXCLUSIVE'],
  ['an exclusive lock for good', 'wal', 'PRAGMA locking_mode = EXCLUSIVE; BEGIN IMMEDIATE; COMMIT'],
];

test('a database that somebody keeps locked fails the backup after a bounded wait, with nothing half made', async () => {
  const attempts = holders.map(async ([what, journal, lock]) => {
    const site = buildSite({ journal });
    const app = openAsApp(site);
    app.exec(lock);
    const made = dataOwner.createBackup(argsFor(site));
    await expect(made, what).rejects.toMatchObject({ code: 'DATABASE_IN_USE', retryable: true });
    expect(readdirSync(site.backups), what).toEqual(['.fdts-ops.lock']);
    app.close();
    expect((await dataOwner.createBackup(argsFor(site))).database.tables['users']).toBe(1_334);
  });
  await Promise.all(attempts);
});

test.each([
  ['wal', 'BEGIN IMMEDIATE'],
  ['wal', 'BEGIN EXCLUSIVE'],
  ['delete', 'BEGIN IMMEDIATE'],
])(
  'with journal mode %s and a transaction that says %s the backup holds the last commit',
  async (journal, begin) => {
    const site = buildSite({ journal });
    const app = openAsApp(site);
    app.exec(`${begin}; INSERT INTO users (email) VALUES ('not committed')`);
    expect((await dataOwner.createBackup(argsFor(site))).database.tables['users']).toBe(1_334);
    app.exec('COMMIT');
    expect(readRows(site.database)).toMatchObject({ users: 1_335, integrity: 'ok' });
  },
);

test('what a killed app left in its log is in the backup, and a restore over it leaves no log behind', async () => {
  const site = buildSite();
  await killInTheMiddle(site, 'wal', "INSERT INTO users (email) VALUES ('committed, only in the log')");
  expect(existsSync(`${site.database}-wal`)).toBe(true);
  const made = await dataOwner.createBackup(argsFor(site));
  expect(made.database.tables['users']).toBe(1_335);
  expect(existsSync(`${site.database}-wal`)).toBe(true);
  const { database, asideDir } = site;
  await dataOwner.restoreFromBackup({ ...whole(site), database, asideDir, runId: 'run-2' });
  expect(readdirSync(`${site.root}/data`)).not.toContain('database.sqlite-wal');
  expect(readRows(site.database)).toEqual({ users: 1_335, audit: 1_334, integrity: 'ok' });
});

test('a write that a killed app left half done is not backed up: the app has to take it back first', async () => {
  const site = buildSite({ journal: 'delete', rows: 6_000 });
  await killInTheMiddle(site, 'delete', 'PRAGMA cache_size = 2; BEGIN; DELETE FROM audit_logs WHERE id > 9');
  expect(existsSync(`${site.database}-journal`)).toBe(true);
  await expect(dataOwner.createBackup(argsFor(site))).rejects.toMatchObject({
    code: 'DATABASE_NOT_SETTLED',
    hint: expect.stringContaining('start the app'),
  });
  expect(readdirSync(site.backups)).toEqual(['.fdts-ops.lock']);
  openAsApp(site).prepare('SELECT count(*) FROM users').get();
  expect((await dataOwner.createBackup(argsFor(site))).database.tables['audit_logs']).toBe(4_000);
});

test('a library that can corrupt a database which two programs have open is known by its version', () => {
  expect(hasWalResetBug(ownSqliteVersion)).toBe(false);
  const verdicts = [
    '3.6.23',
    '3.7.0',
    '3.40.1',
    '3.50.6',
    '3.50.7',
    '3.51.2',
    '3.51.3',
    '3.53.2',
    '4.0.0',
  ].map((version) => [version, hasWalResetBug(version)]);
  expect(Object.fromEntries(verdicts)).toEqual({
    '3.6.23': false,
    '3.7.0': true,
    '3.40.1': true,
    '3.50.6': true,
    '3.50.7': false,
    '3.51.2': true,
    '3.51.3': false,
    '3.53.2': false,
    '4.0.0': false,
  });
  expect(() => requireFixedLibrary('createBackup', '/live', ownSqliteVersion)).not.toThrow();
  expect(() => requireFixedLibrary('createBackup', '/live', '3.40.1')).toThrow(/3\.40\.1.*can corrupt/);
});

test("the app's own library is found out from the file, and an old one is a warning", async () => {
  const { database } = buildSite();
  expect(lastWrittenBy(database)).toBe(ownSqliteVersion);
  const inspected = await dataOwner.inspectDatabase({ database, full: false });
  expect(checkAppsSqlite(inspected)).toMatchObject({
    status: 'not proven',
    got: expect.stringMatching(/own/),
  });
  expect(writtenBy('3.40.1')).toMatchObject({
    status: 'not proven',
    answer: expect.stringMatching(/corrupt/),
  });
  expect(writtenBy('3.51.3')).toMatchObject({ status: 'pass' });
  expect(writtenBy(null)).toMatchObject({ status: 'not proven' });
});

function writtenBy(version: string | null) {
  return checkAppsSqlite({ lastWrittenBy: version, sqliteVersion: ownSqliteVersion });
}

function openAsApp({ database }: Site): Database.Database {
  const app = new Database(database);
  onTestFinished(() => void app.close());
  return app;
}

/** An app of its own process, killed when it has executed this and before it could close anything. */
async function killInTheMiddle({ database }: Site, journal: string, sql: string): Promise<void> {
  const driver = createRequire(import.meta.url).resolve('better-sqlite3');
  const program = `const app = new (require(${JSON.stringify(driver)}))(${JSON.stringify(database)});
    app.pragma('journal_mode = ${journal}');
    app.exec(${JSON.stringify(sql)});
    process.kill(process.pid, 'SIGKILL');`;
  const app = spawn(process.execPath, ['--eval', program], { stdio: 'inherit', ...owner });
  const [, signal]: unknown[] = await once(app, 'close');
  expect(signal).toBe('SIGKILL');
}

function argsFor({ database, uploads, archive, manifest }: Site) {
  return { database, uploads, archive, manifest, runId: 'run-1' };
}

function whole({ archive, manifest, scratch }: Site) {
  return { archive, manifest, scratch };
}
