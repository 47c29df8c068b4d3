import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { expect, test } from 'vitest';
import { operations } from '../../../activities/adapters/data-owner/operations/index.ts';
import { buildSite, context, type Site } from './support/build-site.ts';
import { contentOf, placeOf, stageArgs } from './support/restore-site.ts';

const {
  createBackup,
  stageRestore,
  salvageRows,
  hashDamaged,
  swapInRestored,
  takeBackRestored,
  discardStaged,
} = operations;

/** A site whose rows all changed since its backup, with one page of them overwritten. */
async function damagedSite(): Promise<Site> {
  const site = buildSite({ rows: 6_000, files: 1, own: false });
  const { database, uploads, archive, manifest } = site;
  await createBackup({ database, uploads, archive, manifest, runId: 'run-0' }, context);
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
  return site;
}

test('rows are salvaged before a person decides: the damaged file is only read, and the restore keeps the salvage', async () => {
  const site = await damagedSite();
  await stageRestore(stageArgs(site), context);
  const before = contentOf(site);
  const salvaged = await salvageRows(placeOf(site), context);
  expect(salvaged.tables['audit_logs']?.rows).toBeGreaterThan(3_700);
  expect(salvaged.tables['audit_logs']?.unreadable).toBeGreaterThan(0);
  expect(salvaged.uploadsFolder).toBe(site.uploads);
  expect(contentOf(site)).toEqual(before);
  expect(await salvageRows(placeOf(site), context)).toEqual(salvaged);

  await swapInRestored(placeOf(site));
  const after = await salvageRows(placeOf(site), context);
  expect(after.tables).toEqual(salvaged.tables);
  expect(after.file).toBe(join(site.asideDir, 'salvage.sqlite'));
});

test.each([
  ['first', ['ASC']],
  ['last', ['DESC']],
  ['first and last', ['ASC', 'DESC']],
])(
  'rows are salvaged when the %s page of a table is overwritten',
  async (_which, orders) => {
    const site = buildSite({ rows: 6_000, files: 1, own: false });
    const { database, uploads, archive, manifest } = site;
    await createBackup({ database, uploads, archive, manifest, runId: 'run-0' }, context);
    const app = new Database(database);
    app.exec("UPDATE audit_logs SET message = 'changed ' || message");
    app.pragma('wal_checkpoint(TRUNCATE)');
    const bytesPerPage = Number(app.pragma('page_size', { simple: true }));
    const rows = app.prepare<[], number>('SELECT count(*) FROM audit_logs').pluck().get() ?? 0;
    const pages = orders.map((order) =>
      app
        .prepare<[], number>(
          `SELECT pageno FROM dbstat WHERE name = 'audit_logs' AND pagetype = 'leaf' ORDER BY path ${order} LIMIT 1`,
        )
        .pluck()
        .get(),
    );
    app.close();
    const bytes = readFileSync(database);
    for (const page of pages) bytes.fill(0xff, ((page ?? 0) - 1) * bytesPerPage, (page ?? 0) * bytesPerPage);
    writeFileSync(database, bytes);
    await stageRestore(stageArgs(site), context);
    const { tables } = await salvageRows(placeOf(site), context);
    expect(tables['audit_logs']?.unreadable).toBeGreaterThan(0);
    expect(tables['audit_logs']?.rows).toBeGreaterThan(rows - 400);
    expect(tables['audit_logs']?.rows).toBeLessThan(rows);
  },
  60_000,
);

test('after a salvage the restore can be taken back and discarded, with the damaged file in its place', async () => {
  const site = await damagedSite();
  const before = contentOf(site);
  await stageRestore(stageArgs(site), context);
  await salvageRows(placeOf(site), context);
  await swapInRestored(placeOf(site));
  await takeBackRestored(placeOf(site));
  await discardStaged(placeOf(site));
  expect(contentOf(site)).toEqual(before);
});

test('a salvage before a swap needs a backup that is staged, to compare with', async () => {
  const site = buildSite({ own: false });
  await expect(salvageRows(placeOf(site), context)).rejects.toMatchObject({
    code: 'NOT_SALVAGED',
  });
});

test('hashes of the damaged files are written down once, as sha256sum reads them, and outlive what was staged', async () => {
  const site = await damagedSite();
  writeFileSync(`${site.database}-journal`, 'what a crash left');
  const asideDir = `${site.asideDir}-damaged`;
  const { files, list } = await hashDamaged({ database: site.database, asideDir }, context);
  expect(files.map(({ file }) => file)).toEqual([site.database, `${site.database}-journal`]);
  const text = readFileSync(list, 'utf8');
  expect(text).toMatch(/^[0-9a-f]{64} {2}database\.sqlite\n[0-9a-f]{64} {2}database\.sqlite-journal\n$/);
  writeFileSync(site.database, 'other bytes');
  await hashDamaged({ database: site.database, asideDir }, context);
  expect(readFileSync(list, 'utf8')).toBe(text);
  await discardStaged(placeOf(site));
  expect(existsSync(list)).toBe(true);
});
