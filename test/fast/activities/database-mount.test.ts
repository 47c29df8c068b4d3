import { symlinkSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { expect, test } from 'vitest';
import { backupReads } from '../../../activities/backups/backups.ts';
import { surveyStop } from '../../../activities/survey/survey-stop.ts';
import type { CheckResult } from '../../../workflows/contracts/calls.ts';
import { buildSite, type Site } from '../data-owner/support/build-site.ts';
import { projectContainer } from './support/project-container.ts';
import { run } from './support/small-host.ts';
import { surveyHost } from './support/survey-host.ts';

const NAME = 'the database is mounted with its folder';

test.each([
  ['its folder', (site: Site) => dirname(site.database), 'pass'],
  ['the file', (site: Site) => site.database, 'fail'],
  ['a link to the file', linkToFile, 'fail'],
  ['the file, through a link to its folder', throughFolder, 'fail'],
] as const)(
  'where the app mounts %s, whoever backs up or stops is told so',
  async (_what, source, status) => {
    const site = buildSite({ rows: 9, files: 1, own: false });
    const host = surveyHost(site, { containers: [mounting(source(site))] });
    const { checks: ofBackup } = await backupReads(host).surveyBackup(run(), {});
    const { checks: ofStop } = await surveyStop(host, run());
    for (const checks of [ofBackup, ofStop]) {
      const check = checks.find(({ name }) => name === NAME);
      expect(check?.status).toBe(status);
      if (status === 'fail') expect(check).toMatchObject(told(site));
    }
  },
);

test('who only reads the file keeps no log of its own: nothing is refused for it', async () => {
  const site = buildSite({ rows: 9, files: 1, own: false });
  const { mounts, ...app } = mounting(site.database);
  const exporter = { ...app, mounts: mounts.map((mount) => ({ ...mount, readOnly: true })) };
  const host = surveyHost(site, { containers: [exporter] });
  const { checks } = await backupReads(host).surveyBackup(run(), {});
  expect(checks.find(({ name }) => name === NAME)).toMatchObject({ status: 'pass' });
});

test.each([
  ['to write', 'rw', 'fail'],
  ['only to read', 'ro', 'pass'],
])(
  'on a machine without containers, the compose file says that the file will be mounted %s',
  async (_what, mode, status) => {
    const site = buildSite({ rows: 9, files: 1, own: false });
    const host = surveyHost(site, { volumes: [`${site.database}:/app/app.db:${mode}`] });
    const { checks } = await surveyStop(host, run());
    const check = checks.find(({ name }) => name === NAME);
    expect(check?.status).toBe(status);
    if (status === 'fail') expect(check).toMatchObject(told(site));
  },
);

test('an engine that does not answer is no reason to make no backup', async () => {
  const site = buildSite({ rows: 9, files: 1, own: false });
  const { checks } = await backupReads(surveyHost(site, { containers: null })).surveyBackup(run(), {});
  expect(checks.find(({ name }) => name === NAME)).toMatchObject({ status: 'not proven' });
});

function told({ database }: Site): Partial<CheckResult> {
  return {
    got: expect.stringContaining(`app mounts the file ${database}`),
    answer: expect.stringContaining(`mount its folder (${dirname(database)})`),
  };
}

function linkToFile({ root, database }: Site): string {
  symlinkSync(database, join(root, 'linked.db'));
  return join(root, 'linked.db');
}

function throughFolder({ root, database }: Site): string {
  symlinkSync(dirname(database), join(root, 'linked'));
  return join(root, 'linked', 'database.sqlite');
}

const mounting = (source: string) =>
  projectContainer('app', {
    mounts: [{ type: 'bind', name: null, source, target: '/app/app.db', readOnly: false }],
  });
