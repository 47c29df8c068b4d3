import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeEach, expect, test } from 'vitest';
import { operations } from '../../../activities/adapters/data-owner/operations/index.ts';
import { retentionMutations } from '../../../activities/backups/retention.ts';
import { Effects } from '../../../activities/execution/effects.ts';
import type { RunReport } from '../../../workflows/contracts/report.ts';
import { buildSite, context, dateByName, type Site } from '../data-owner/support/build-site.ts';
import { reportOf } from './support/report-of.ts';
import { run, smallHost } from './support/small-host.ts';

const STAMPS = ['20260401_020000', '20260501_020000', '20260525_020000', '20260601_020000'];

let site: Site;
beforeEach(() => {
  site = buildSite({ rows: 9, files: 2, own: false });
});

const archiveOf = (stamp: string, folder = site.backups) => join(folder, `fdts_backup_${stamp}.tar.gz`);

interface Doubt {
  mode?: 'quick' | 'full';
  partial?: boolean;
  madeBy?: string;
}

async function backUp(
  folder = site.backups,
  stamps = STAMPS,
  { mode = 'full', partial = false, madeBy = 'web-1' }: Doubt = {},
): Promise<void> {
  const { database, uploads, scratch } = site;
  for (const stamp of stamps) {
    const archive = archiveOf(stamp, folder);
    const manifest = `${archive}.manifest.json`;
    await operations.createBackup(
      { database, uploads, archive, manifest, runId: stamp, host: madeBy },
      context,
    );
    dateByName(archive);
    const checked = await operations.verifyBackup({ archive, manifest, scratch, full: false }, context);
    const { bytes, sha256, uploads: files } = checked;
    const seen = { archive, bytes, sha256, uploads: files, tables: checked.database.tables };
    await operations.recordVerified({ ...seen, mode, partial, source: 'fdts-ops' }, context);
  }
}

const windowThatNames = (stamp: string) =>
  reportOf('20260530_010000', {
    sections: [{ title: 'Backup', lines: [`/b/fdts_backup_${stamp}.tar.gz, 3 bytes, sha256 a`] }],
  });

const there = (folder = site.backups) => STAMPS.filter((stamp) => existsSync(archiveOf(stamp, folder)));

async function retain(backups: Record<string, unknown>, reports: readonly RunReport[] = [], dryRun = false) {
  const host = smallHost(site, backups);
  for (const report of reports) await host.reports.write(report);
  const effects = new Effects(dryRun);
  const { removed } = await retentionMutations(host).retainBackups({ ...run(), effects }, {});
  return { removed, commands: effects.commands };
}

test.each([
  ['were only looked at quickly', { mode: 'quick' }],
  ['lack content of users', { partial: true }],
] as const)('newer ones that %s push no fully verified one out', async (_why, doubt) => {
  await backUp(site.backups, STAMPS.slice(0, 2));
  await backUp(site.backups, STAMPS.slice(2), doubt);
  expect(await retain({ keep: 2 })).toMatchObject({ removed: [] });
  expect(there()).toEqual(STAMPS);
});

test('where all are partial the newest of them stay, and one that is needed or dated ahead', {
  timeout: 60_000,
}, async () => {
  const ahead = ['20990101_020000'];
  await backUp(site.backups, [...STAMPS, ...ahead], { partial: true });
  const { removed } = await retain({ keep: 2 }, [windowThatNames('20260501_020000')]);
  expect(removed).toEqual([
    `${archiveOf('20260401_020000')}: it is partial, and 3 newer partial ones are there`,
  ]);
  expect(there()).toEqual(STAMPS.slice(1));
  expect(existsSync(archiveOf('20990101_020000'))).toBe(true);
});

test('one that is dated ahead of the clock pushes none out, and stays itself', async () => {
  const ahead = ['20990101_020000', '20990201_020000'];
  await backUp(site.backups, [...STAMPS.slice(2), ...ahead]);
  expect(await retain({ keep: 2 })).toMatchObject({ removed: [] });
  expect(there()).toEqual(STAMPS.slice(2));
  expect(ahead.filter((stamp) => existsSync(archiveOf(stamp)))).toEqual(ahead);
});

test('what is past its count goes, with its manifest; a dry run lists the same and removes nothing', async () => {
  await backUp();
  const planned = await retain({ keep: 2 }, [], true);
  expect(there()).toEqual(STAMPS);
  expect(planned.commands).toEqual([
    `rm ${archiveOf('20260501_020000')}*    # 2 newer verified ones are there`,
    `rm ${archiveOf('20260401_020000')}*    # 3 newer verified ones are there`,
  ]);
  expect(await retain({ keep: 2 })).toEqual(planned);
  expect(there()).toEqual(STAMPS.slice(2));
  expect(existsSync(`${archiveOf('20260401_020000')}.manifest.json`)).toBe(false);
  expect(await retain({ keep: 2 })).toEqual({ removed: [], commands: [] });
});

test.each([
  ['a window of its retention', reportOf('20260525_020000'), ['20260525_020000', '20260601_020000']],
  [
    'a window that names one of the site',
    windowThatNames('20260501_020000'),
    ['20260501_020000', '20260601_020000'],
  ],
  ['a dry run', reportOf('20260525_020000', { dryRun: true }), ['20260601_020000']],
  ['a backup on demand', reportOf('20260525_020000', { procedure: 'manualBackup' }), ['20260601_020000']],
  [
    'a window that a recovery finished',
    reportOf('20260526_090000', {
      procedure: 'recover',
      recovered: {
        procedure: 'plannedMaintenance',
        stamp: '20260525_020000',
        startedAt: Date.parse('2026-05-25T02:00:00Z'),
      },
    }),
    ['20260525_020000', '20260601_020000'],
  ],
  ['a window of long ago', reportOf('20260401_020000'), ['20260601_020000']],
])('%s: what a way back needs stays', async (_, report, expected) => {
  await backUp();
  await retain({ keep: 2, keepFor: '1d' }, [report]);
  expect(there()).toEqual(expected);
});

test('copies on external storage stay unless configured', async () => {
  const external = join(site.root, 'external');
  mkdirSync(external);
  await backUp(site.backups, STAMPS.slice(3));
  await backUp(external);
  await retain({ external, keep: 2 });
  expect(there(external)).toEqual(STAMPS);
  await retain({ external, keep: 2, retainExternal: true });
  expect(there(external)).toEqual(STAMPS.slice(2));
});

test('copies of another host on the same storage count for nothing, and stay, and so does the last bundle of this one', async () => {
  const external = join(site.root, 'external');
  mkdirSync(external);
  await backUp(external, STAMPS.slice(0, 2));
  await backUp(external, STAMPS.slice(2), { madeBy: 'web-2' });
  await retain({ external, keep: 2, retainExternal: true });
  expect(there(external)).toEqual(STAMPS);
  for (const stamp of ['20260501_020000', '20260601_020000']) provenBundle(external, stamp);
  const later = ['20260602_020000', '20260603_020000'];
  await backUp(external, later);
  await retain({ external, keep: 2, retainExternal: true });
  expect(there(external)).toEqual(STAMPS.slice(2));
  // Its archive is gone, and the newer bundle is that of web-2.
  expect(existsSync(join(external, 'fdts_config_20260501_020000.tar.age'))).toBe(true);
});

function provenBundle(folder: string, stamp: string): void {
  const bundle = `fdts_config_${stamp}.tar.age`;
  const known = { format: 1, runId: stamp, bundle, createdAt: '', bytes: 9, sha256: 'a', files: 1 };
  writeFileSync(join(folder, bundle), 'encrypted');
  writeFileSync(
    join(folder, `${bundle}.manifest.json`),
    JSON.stringify({ ...known, provenWith: 'a one-time key' }),
  );
}
