import { existsSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { expect, test } from 'vitest';
import { operations } from '../../../activities/adapters/data-owner/operations/index.ts';
import { Effects } from '../../../activities/execution/effects.ts';
import type { Host } from '../../../activities/host.ts';
import { cleanUpMutations } from '../../../activities/upkeep/clean-up.ts';
import { asideCheck } from '../../../activities/upkeep/kept-aside.ts';
import { buildSite, context, type Site } from '../data-owner/support/build-site.ts';
import { buildBackedUpSite, placeOf, stageArgs } from '../data-owner/support/restore-site.ts';
import { reportOf } from './support/report-of.ts';
import { run, smallHost } from './support/small-host.ts';

const OLD = '20260401_020000';
const NOW = '20260601_020000';

/** The folder of a run that began long ago, in a site. */
const asideOf = ({ root }: Site) => join(root, 'data', `.fdts-ops-${OLD}`);

/** A site on which a backup was put back long ago. */
async function restoredSite(useMeanwhile: (site: Site) => void, salvage = true): Promise<Site> {
  const built = buildSite({ rows: 60, files: 5, own: false });
  const site = { ...built, asideDir: asideOf(built) };
  const { database, uploads, archive, manifest } = site;
  await operations.createBackup({ database, uploads, archive, manifest, runId: 'run-0' }, context);
  useMeanwhile(site);
  await operations.stageRestore(stageArgs(site), context);
  await operations.swapInRestored(placeOf(site));
  if (salvage) await operations.salvageRows(placeOf(site), context);
  return site;
}

function runSql(sql: string) {
  return ({ database }: Site) => {
    const app = new Database(database);
    app.exec(sql);
    app.close();
  };
}

const insertRow = runSql("INSERT INTO users (id, email) VALUES (900, 'late@example.org')");

async function hostOf(site: Site): Promise<Host> {
  const small = smallHost(site);
  await small.reports.write(
    reportOf(OLD, { procedure: 'restoreBackup', startedAt: Date.parse('2026-04-01T02:00:00Z') }),
  );
  const { findAside, discardAside } = operations;
  const docker = { projectContainers: () => Promise.resolve([]) };
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- a clean-up uses these alone
  return { ...small, docker, data: { ...small.data, findAside, discardAside } } as unknown as Host;
}

async function cleanUp(site: Site) {
  const effects = new Effects(false);
  return cleanUpMutations(await hostOf(site)).cleanUp({ ...run(NOW), effects }, {});
}

test.each<[string, (site: Site) => void]>([
  ['all of it is elsewhere', () => undefined],
  [
    'its virtual tables hold no rows of their own',
    runSql(`CREATE VIRTUAL TABLE words USING fts5(email, content='users', content_rowid='id');
      INSERT INTO words (words) VALUES ('rebuild'); CREATE VIRTUAL TABLE word_list USING fts5vocab(words, 'row');
      CREATE VIRTUAL TABLE only_index USING fts5(body, content=''); INSERT INTO only_index VALUES ('not kept');
      CREATE VIRTUAL TABLE older USING fts4(content='users', email); INSERT INTO older (older) VALUES ('rebuild');
      CREATE VIRTUAL TABLE places USING rtree(id, west, east); CREATE VIRTUAL TABLE empty USING fts5(body);`),
  ],
])('what a restore kept goes after its time when %s', async (_why, useMeanwhile) => {
  const site = await restoredSite(useMeanwhile);
  expect(existsSync(asideOf(site))).toBe(true);
  expect(await cleanUp(site)).toEqual({ removed: [asideOf(site)], kept: [] });
  expect(existsSync(asideOf(site))).toBe(false);
});

test.each<[string, (site: Site) => void, boolean, RegExp]>([
  ['rows that only the old database had', insertRow, true, /: 1 rows in salvage\.sqlite/],
  [
    'values of a column that only the old database had',
    runSql("ALTER TABLE users ADD COLUMN note TEXT; UPDATE users SET note = 'by a user' WHERE id = 1"),
    true,
    /: 1 rows in salvage\.sqlite/,
  ],
  [
    'rows of virtual tables',
    runSql(`CREATE VIRTUAL TABLE notes USING fts5(body); INSERT INTO notes VALUES ('only here');
      CREATE VIRTUAL TABLE "Older Notes" USING fts4(body); INSERT INTO "Older Notes" VALUES ('only here');
      CREATE VIRTUAL TABLE places USING rtree(id, west, east); INSERT INTO places VALUES (1, 2, 3);`),
    true,
    /: 3 tables of the old database that could not be salvaged/,
  ],
  [
    'uploads that the backup lacks',
    ({ uploads }) => writeFileSync(join(uploads, 'late.jpg'), 'late'),
    true,
    /: 1 uploads that the backup lacks or has otherwise/,
  ],
  ['an old database that nobody salvaged', () => undefined, false, /: the old database, of which no rows/],
])(
  '%s stay with all that lies beside them, however old; the report and the daily check say where',
  async (...given) => {
    const [, useMeanwhile, salvage, why] = given;
    const site = await restoredSite(useMeanwhile, salvage);
    const { removed, kept } = await cleanUp(site);
    expect(removed).toEqual([]);
    expect(kept).toEqual([expect.stringMatching(why)]);
    expect(kept[0]).toMatch(/ MB, holds what is nowhere else: /);
    expect(kept[0]).toMatch(new RegExp(`sudo rm -r ${asideOf(site)}$`));
    expect(existsSync(join(asideOf(site), 'database.sqlite'))).toBe(true);
    const check = await asideCheck(await hostOf(site), run().signal);
    expect(check).toMatchObject({ status: 'not proven', got: kept[0] });
    rmSync(asideOf(site), { recursive: true });
    expect(await asideCheck(await hostOf(site), run().signal)).toMatchObject({
      status: 'pass',
      got: 'nothing',
    });
  },
);

test.each<[string, string, string, RegExp]>([
  [
    'uploads that a rollback of a window moved away',
    '',
    'uploads/2026/late.jpg',
    /: 1 uploads that came after/,
  ],
  ['a damaged database', '-damaged', 'database.sqlite', /: the damaged database/],
  ['what cannot be read', '', 'restore.json', /: what cannot be read/],
])('%s stay too', async (_what, suffix, file, why) => {
  const site = buildSite({ rows: 9, files: 1, own: false });
  const folder = `${asideOf(site)}${suffix}`;
  mkdirSync(join(folder, file, '..'), { recursive: true });
  writeFileSync(join(folder, file), 'the only one');
  const { kept } = await cleanUp(site);
  expect(kept).toEqual([expect.stringMatching(why)]);
  expect(existsSync(join(folder, file))).toBe(true);
});

test('a restore that was taken back leaves nothing that is nowhere else, nor do hashes of a damaged database', async () => {
  const site = await restoredSite(insertRow, false);
  await operations.takeBackRestored(placeOf(site));
  mkdirSync(`${asideOf(site)}-damaged`);
  writeFileSync(join(`${asideOf(site)}-damaged`, 'damaged.sha256'), 'hashes');
  expect((await cleanUp(site)).kept).toEqual([]);
  expect(existsSync(asideOf(site))).toBe(false);
  expect(existsSync(`${asideOf(site)}-damaged`)).toBe(false);
});

test('what a run of these days kept is nobody to look at yet', async () => {
  const { site: built } = await buildBackedUpSite();
  const stamp = new Date()
    .toISOString()
    .replace(/[-:]|\..*/g, '')
    .replace('T', '_');
  const site = { ...built, asideDir: join(built.root, 'data', `.fdts-ops-${stamp}`) };
  await operations.stageRestore(stageArgs(site), context);
  await operations.swapInRestored(placeOf(site));
  expect(await asideCheck(await hostOf(site), run().signal)).toMatchObject({ status: 'pass' });
});
