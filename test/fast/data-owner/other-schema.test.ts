import { rmSync, writeFileSync } from 'node:fs';
import Database from 'better-sqlite3';
import { expect, test } from 'vitest';
import { operations } from '../../../activities/adapters/data-owner/operations/index.ts';
import { schemaChecks } from '../../../workflows/procedures/restore-schema.ts';
import { buildSite, context, type Site } from './support/build-site.ts';
import { placeOf, stageArgs } from './support/restore-site.ts';

test.each([
  ['an older version of the app', 'PRAGMA user_version = 8', /^user_version 7, of an older version/],
  ['a newer version of the app', 'PRAGMA user_version = 6', /^user_version 7, of a newer version/],
  [
    'another version that has the same number',
    'ALTER TABLE users ADD COLUMN name TEXT',
    /^the same user_version, but other tables/,
  ],
])(
  'a backup of %s is known by its manifest and by what is in it, and refused unless allowed',
  async (_what, release, got) => {
    const site = await backedUp();
    expect(await checks(site, false)).toMatchObject([{ status: 'pass' }, { status: 'pass' }]);
    const app = new Database(site.database);
    app.exec(release);
    app.close();
    for (const check of await checks(site, false)) {
      expect(check).toMatchObject({ status: 'fail', got: expect.stringMatching(got) });
      expect(check.answer).toContain(
        `fdts-ops start restoreBackup --input '{"archive":"${site.archive}","allowOtherSchema":true}'`,
      );
    }
    expect(await checks(site, true)).toMatchObject([{ status: 'not proven' }, { status: 'not proven' }]);
  },
);

test('without a manifest that can be read only what is in the archive tells its schema', async () => {
  const site = await backedUp();
  writeFileSync(site.manifest, '{"format":1');
  expect((await operations.findRestoreObstacles(groundOf(site))).archiveSchema).toBeNull();
  rmSync(site.manifest);
  expect((await operations.findRestoreObstacles(groundOf(site))).archiveSchema).toBeNull();
});

/** By the manifest before anything is extracted, and by the staged database. */
async function checks(site: Site, isAllowed: boolean) {
  const { database, archive } = site;
  const live = await operations.inspectDatabase({ database, full: false }, context);
  const { archiveSchema } = await operations.findRestoreObstacles(groundOf(site));
  const staged = await operations.stageRestore(stageArgs(site), context);
  return [archiveSchema, staged].flatMap((backup) => schemaChecks({ ...live, archive }, backup, isAllowed));
}

function groundOf(site: Site) {
  return { ...placeOf(site), manifest: site.manifest };
}

async function backedUp(): Promise<Site> {
  const site = buildSite({ rows: 30, files: 1, own: false });
  const { database, uploads, archive, manifest } = site;
  await operations.createBackup({ database, uploads, archive, manifest, runId: 'run-0' }, context);
  return site;
}
