import { linkSync, renameSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { backupReads } from '../../../activities/backups/backups.ts';
import { corruptionReads } from '../../../activities/restores/corruption.ts';
import { buildSite, newFolder, type Site } from '../data-owner/support/build-site.ts';
import { projectContainer } from './support/project-container.ts';
import { run } from './support/small-host.ts';
import { surveyHost } from './support/survey-host.ts';

const NAME = 'a restore could be made here';

async function checksOf(site: Site) {
  const host = surveyHost(site, { containers: [projectContainer('app')] });
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

function secondName({ root, database }: Site): void {
  linkSync(database, join(root, 'second'));
}

function linkedUploads({ root, uploads }: Site): void {
  renameSync(uploads, join(root, 'real'));
  symlinkSync(join(root, 'real'), uploads);
}
