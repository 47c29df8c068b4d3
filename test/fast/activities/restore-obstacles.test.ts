import { linkSync, renameSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import type { Obstacle } from '../../../activities/adapters/data-owner/restore/require-movable.ts';
import { backupReads } from '../../../activities/backups/backups.ts';
import type { Host } from '../../../activities/host.ts';
import { corruptionReads } from '../../../activities/restores/corruption.ts';
import { buildSite, newFolder, type Site } from '../data-owner/support/build-site.ts';
import { projectContainer } from './support/project-container.ts';
import { run } from './support/small-host.ts';
import { surveyHost } from './support/survey-host.ts';

const NAME = 'a restore could be made here';

/** `ofUploads`: what is in the way of a swap of the uploads alone; root, who runs the tests, may move everything. */
async function checksOf(site: Site, ofUploads?: readonly Obstacle[]) {
  const whole = surveyHost(site, { containers: [projectContainer('app')] });
  const lookForObstacles: Host['data']['lookForObstacles'] = async ({ mayKeepUploads = false }) =>
    mayKeepUploads ? [] : [...(ofUploads ?? [])];
  const host = ofUploads === undefined ? whole : { ...whole, data: { ...whole.data, lookForObstacles } };
  const { checks: ofBackup } = await backupReads(host).surveyBackup(run(), {});
  const { checks: ofCorruption } = await corruptionReads(host).surveyCorruption(run(), { followUp: false });
  return [ofBackup, ofCorruption].map((checks) => checks.find(({ name }) => name === NAME));
}

test('nothing in the way of a restore: whoever backs up or mends a corrupt database is told so', async () => {
  const site = buildSite({ rows: 9, files: 1, own: false });
  expect(await checksOf(site)).toMatchObject([{ status: 'pass' }, { status: 'pass' }]);
});

test.each([
  [
    'a database with a second name',
    secondName,
    /2 hard links/,
    /-samefile '.*\/app data\/data\/database\.sqlite'/,
  ],
  ['uploads that are a link', linkedUploads, /uploads is a link/, /real path/],
])(
  '%s: told before anything is stopped, and stops neither the backup nor the stop',
  async (_what, spoil, got, todo) => {
    const site = buildSite({ rows: 9, files: 1, own: false, root: join(newFolder(), 'app data') });
    spoil(site);
    for (const check of await checksOf(site)) {
      expect(check).toMatchObject({ status: 'not proven', answer: expect.stringMatching(todo) });
      expect(check?.got).toMatch(/^a restore would be refused: /);
      expect(check?.got).toMatch(got);
    }
  },
);

test('uploads that nobody may move are in the way of a restore that swaps them, which a corrupt database may not need', async () => {
  const site = buildSite({ rows: 9, files: 1, own: false });
  const checks = checksOf(site, [
    { what: 'the uploads folder', got: '1 of its entries may not be moved', todo: 'chown' },
  ]);
  expect(await checks).toMatchObject([
    { got: expect.stringMatching(/^a restore would be refused: the uploads folder/) },
    {
      got: expect.stringMatching(
        /^a restore that swaps the uploads too would be refused: the uploads folder/,
      ),
    },
  ]);
});

function secondName({ root, database }: Site): void {
  linkSync(database, join(root, 'second'));
}

function linkedUploads({ root, uploads }: Site): void {
  renameSync(uploads, join(root, 'real'));
  symlinkSync(join(root, 'real'), uploads);
}
