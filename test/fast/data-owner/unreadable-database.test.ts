import { copyFileSync, existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { expect, test } from 'vitest';
import { explainFailure } from '../../../activities/adapters/data-owner/files/explain-failure.ts';
import { whyUnreadable } from '../../../activities/adapters/data-owner/files/unreadable-database.ts';
import { operations } from '../../../activities/adapters/data-owner/operations/index.ts';
import { isDamage } from '../../../activities/adapters/data-owner/sqlite/error-kinds.ts';
import { OperationError } from '../../../activities/adapters/operation-error.ts';
import { judgeDatabase, look } from '../../../activities/restores/judge-database.ts';
import { buildSite, context, readRows, type Site } from './support/build-site.ts';
import { withBadSectors } from './support/failing-reads.ts';
import { buildBackedUpSite, contentOf, placeOf, stageArgs } from './support/restore-site.ts';

const { stageRestore, compareWithStaged, swapInRestored, takeBackRestored, salvageRows, hashDamaged } =
  operations;

const asideOf = ({ asideDir }: Site) => join(asideDir, 'database.sqlite');

test('a database that the disk cannot read is replaced by a backup, and lies aside as it was', async () => {
  const { site, before } = await buildBackedUpSite();
  const aside = asideOf(site);
  await withBadSectors([site.database, aside], async () => {
    await stageRestore(stageArgs(site), context);
    const { unreadable, tables } = await compareWithStaged(placeOf(site), context);
    expect(unreadable).toMatch(/disk I\/O error/);
    expect(tables).toEqual({});
    expect(await salvageRows(placeOf(site), context)).toMatchObject({
      file: null,
      unreadable: expect.stringContaining('disk I/O error'),
    });
    expect(await swapInRestored(placeOf(site))).toEqual({ hadDatabase: true });
    expect(await salvageRows(placeOf(site), context)).toMatchObject({ file: null });
  });
  expect(readRows(site.database)).toEqual({ users: 40, audit: 40, integrity: 'ok' });
  expect(contentOf({ database: aside, uploads: join(site.asideDir, 'uploads') })).toEqual(before);
});

test('a restore over such a database is taken back like any other', async () => {
  const { site, before } = await buildBackedUpSite();
  await stageRestore(stageArgs(site), context);
  await withBadSectors([site.database, asideOf(site)], async () => {
    await swapInRestored(placeOf(site));
    await takeBackRestored(placeOf(site));
  });
  expect(contentOf(site)).toEqual(before);
});

test('the hash of a file that cannot be read is left out with the reason, and those of the others are written down', async () => {
  const site = buildSite({ rows: 9, files: 1, own: false });
  copyFileSync(site.database, `${site.database}-wal`);
  const { files, list } = await withBadSectors([site.database], () =>
    hashDamaged({ database: site.database, asideDir: site.asideDir }, context),
  );
  expect(files).toMatchObject([
    { file: site.database, sha256: null, unreadable: 'EIO: i/o error, read' },
    { file: `${site.database}-wal`, sha256: expect.stringMatching(/^[0-9a-f]{64}$/) },
  ]);
  expect(files[0]?.bytes).toBe(readFileSync(site.database).length);
  expect(readFileSync(list, 'utf8')).toMatch(
    /^# database\.sqlite could not be read: EIO.*\n[0-9a-f]{64} {2}database\.sqlite-wal\n$/,
  );
});

test('a window that goes back to its backup replaces a database that cannot be read', async () => {
  const { site, before } = await buildBackedUpSite();
  const { archive, manifest, scratch, database, asideDir } = site;
  const restore = { archive, manifest, scratch, database, asideDir, runId: 'run-1' };
  await withBadSectors([database], async () => {
    expect(await operations.restoreFromBackup(restore, context)).toMatchObject({ hadOriginal: true });
  });
  expect(readRows(database)).toMatchObject({ users: 40, integrity: 'ok' });
  expect(contentOf({ database: asideOf(site), uploads: site.uploads })).toEqual(before);
});

test('a write that was cut off keeps nobody from restoring, and is taken back before its rows are salvaged', async () => {
  const site = buildSite({ rows: 6_000, files: 1, journal: 'delete', own: false });
  const { database, uploads, archive, manifest } = site;
  await operations.createBackup({ database, uploads, archive, manifest, runId: 'run-0' }, context);
  cutOffAWrite(site);
  const looked = await look(() => operations.inspectDatabase({ database, full: true }, context));
  expect(judgeDatabase(looked, ['users'])).toMatchObject({
    state: 'doubtful',
    checks: [{ status: 'not proven', answer: expect.stringContaining('applicationDown') }],
  });
  // FDTS was stopped on a corrupt database, and no app is going to take the write back: that is not sound.
  expect(judgeDatabase(looked, ['users'], { closed: true })).toMatchObject({ state: 'corrupt' });
  await stageRestore(stageArgs(site), context);
  expect((await compareWithStaged(placeOf(site), context)).unreadable).toMatch(/a write in it was cut off/);
  await swapInRestored(placeOf(site));
  expect(existsSync(`${database}-journal`)).toBe(false);
  expect(await salvageRows(placeOf(site), context)).toMatchObject({
    unreadable: null,
    tables: { audit_logs: { rows: 1, unreadable: 0 } },
  });
});

test('a disk that cannot be read is a corrupt database; one that will not take what is written says nothing of it', async () => {
  const failed = new OperationError({
    code: 'DISK_ERROR',
    operation: 'inspectDatabase',
    target: '/live',
    cause: 'disk I/O error',
    hint: 'see dmesg',
    retryable: false,
  });
  const looked = await look(() => Promise.reject(failed));
  expect(judgeDatabase(looked, ['users'])).toMatchObject({ state: 'corrupt' });
  expect(whyUnreadable('salvageRows', sqlite('SQLITE_IOERR_READ'), '/live')).toContain('disk I/O error');
  expect(whyUnreadable('salvageRows', sqlite('SQLITE_IOERR_WRITE'), '/live')).toBeNull();
});

test.each([
  ['SQLITE_IOERR', 'DISK_ERROR', true],
  ['SQLITE_IOERR_SHORT_READ', 'DISK_ERROR', true],
  ['SQLITE_IOERR_CORRUPTFS', 'DISK_ERROR', true],
  ['SQLITE_IOERR_FSYNC', 'DISK_ERROR', false],
  ['SQLITE_IOERR_SHMSIZE', 'DISK_FULL', false],
  ['SQLITE_IOERR_SHMMAP', 'MACHINE_ERROR', false],
  ['SQLITE_IOERR_NOMEM', 'MACHINE_ERROR', false],
  ['SQLITE_IOERR_LOCK', 'MACHINE_ERROR', false],
])('%s is a %s, and only what cannot be read says something of the file', (raw, code, saysSo) => {
  const error = sqlite(raw);
  expect(explainFailure('salvageRows', error, '/live').code).toBe(code);
  expect(isDamage(error)).toBe(saysSo);
  expect(whyUnreadable('salvageRows', error, '/live') !== null).toBe(saysSo);
});

function sqlite(code: string) {
  return new Database.SqliteError('disk I/O error', code);
}

/** A row that the backup lacks, and a transaction whose app was killed when half of it was in the file. */
function cutOffAWrite({ database, root }: Site): void {
  const files = [database, `${database}-journal`];
  const kept = files.map((_, index) => join(root, `kept-${index}`));
  const app = new Database(database);
  app.exec("UPDATE audit_logs SET message = 'since then' WHERE id = 1");
  app.exec('PRAGMA cache_size = 2; BEGIN; DELETE FROM audit_logs WHERE id > 9');
  for (const [index, file] of files.entries()) copyFileSync(file, kept[index] ?? '');
  app.exec('ROLLBACK');
  app.close();
  for (const [index, file] of files.entries()) copyFileSync(kept[index] ?? '', file);
}
