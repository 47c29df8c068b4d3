import { readFileSync, writeFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { operations } from '../../../activities/adapters/data-owner/operations/index.ts';
import { restoreSurveyReads } from '../../../activities/restores/restore-survey.ts';
import { buildSite, context, type Site } from '../data-owner/support/build-site.ts';
import { projectContainer } from './support/project-container.ts';
import { run } from './support/small-host.ts';
import { surveyHost } from './support/survey-host.ts';

/** More than any disk of a test has. */
const HUGE = 2 ** 52;

async function roomOf(site: Site) {
  const host = surveyHost(site, { containers: [projectContainer('app')] });
  const { checks } = await restoreSurveyReads(host).surveyRestore(run(), { archive: null });
  return checks.filter(({ name }) => name.startsWith('room in'));
}

async function backedUp(): Promise<Site> {
  const site = buildSite({ rows: 9, files: 1, own: false });
  const { database, uploads, archive, manifest } = site;
  await operations.createBackup({ database, uploads, archive, manifest, runId: 'run-1' }, context);
  return site;
}

test.each([
  ['database', '"database": {', '"bytes"'],
  ['uploads', '"uploads": {', '"bytes"'],
])(
  'room is asked for as the manifest says what is extracted (%s), however small the archive and what is live are',
  async (_, section, key) => {
    const site = await backedUp();
    expect(await roomOf(site)).toMatchObject([{ status: 'pass' }]);
    const text = readFileSync(site.manifest, 'utf8');
    const at = text.indexOf(key, text.indexOf(section));
    writeFileSync(site.manifest, text.slice(0, at) + text.slice(at).replace(/\d+/, String(HUGE)));
    expect(await roomOf(site)).toMatchObject([
      { status: 'fail', answer: 'free space there, then start again' },
    ]);
  },
);
