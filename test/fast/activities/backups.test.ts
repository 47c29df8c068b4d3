import { rmSync, symlinkSync, truncateSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { expect, test } from 'vitest';
import type { CreateBackupArgs } from '../../../activities/adapters/data-owner/operations/create-backup.ts';
import { operations } from '../../../activities/adapters/data-owner/operations/index.ts';
import { backupMutations, backupReads } from '../../../activities/backups/backups.ts';
import { roomChecks } from '../../../activities/backups/room-checks.ts';
import { uploadsChecks } from '../../../activities/backups/uploads-check.ts';
import { Effects } from '../../../activities/execution/effects.ts';
import type { Host } from '../../../activities/host.ts';
import type { BackupPace } from '../../../workflows/contracts/window-plan.ts';
import { buildSite, context } from '../data-owner/support/build-site.ts';
import { run, smallHost } from './support/small-host.ts';
import { surveyHost } from './support/survey-host.ts';

test.each<[string, Record<string, unknown>, { pace?: BackupPace }, string]>([
  ['leaves the app most of its disk when nothing is configured', {}, {}, 'gentle pace, at most 50 MB/s'],
  ['has no limit when it is fast', {}, { pace: 'fast' }, 'fast pace, no rate limit'],
  ['has no limit when none is wanted', { rateLimit: null }, {}, 'gentle pace, no rate limit'],
])('a backup %s', async (_what, backups, input, how) => {
  const made = await backUp(hostOf(backups), input);
  expect(made.how).toContain(`made at the ${how}, compressed by`);
  expect(await operations.listBackups({ directory: dirname(made.archive) })).toMatchObject([
    { host: 'web-1' },
  ]);
});

test('what a backup cannot take is told before it is made, without names, and refuses nothing', async () => {
  const host = hostOf();
  const { uploads } = host.config.data;
  expect(await uploadsChecks(host, run().signal)).toMatchObject([{ status: 'pass', got: '3 uploads' }]);
  symlinkSync('/etc', join(uploads, 'private-name'));
  symlinkSync('upload-0.bin', join(uploads, 'latest'));
  const [check] = await uploadsChecks(host, run().signal);
  expect(check).toMatchObject({
    status: 'not proven',
    got: expect.stringMatching(
      /^3 uploads; 1 more not: left out: a link to something outside .*; 1 that hold.*; backups are partial as long: the newest \d+ of them stay/,
    ),
    answer: expect.stringContaining(`find ${uploads} -type l`),
  });
  expect(JSON.stringify(check)).not.toContain('private-name');
  const made = await backUp(host);
  expect(made.how).toContain('PARTIAL');
  expect(made.warnings).toContain(`which ones: "warnings" in ${made.manifest}`);
});

test('uploads that cannot be read at all fail that check', async () => {
  const host = hostOf();
  rmSync(host.config.data.uploads, { recursive: true });
  expect(await uploadsChecks(host, run().signal)).toMatchObject([{ status: 'fail' }]);
});

test('room is asked for as the backup asks: a small database with many uploads has none where they do not fit', async () => {
  const host = hostOf({ external: '/' });
  const { uploads } = host.config.data;
  truncateSync(join(uploads, 'upload-0.bin'), 90_000_000);
  const free: Record<string, number> = { [host.config.backups.folder]: 80_000_000 };
  const data = {
    roomForBackup: operations.roomForBackup,
    freeSpace: async ({ path }: { path: string }) => ({
      freeBytes: free[path] ?? 110_000_000,
      usedPercent: 50,
      totalBytes: 220_000_000,
      device: 1,
    }),
  };
  const look = (withCopy: boolean) =>
    roomChecks({ config: host.config, data }, { databaseBytes: 2_000_000, withCopy }, run().signal);
  const { folder, scratch } = host.config.backups;
  expect(await look(false)).toMatchObject([
    { name: `room in ${folder}`, status: 'fail', got: '80 MB free' },
    { name: `room in ${scratch}`, status: 'pass', expected: '6.0 MB free' },
    { name: 'room in /', status: 'pass', expected: expect.stringMatching(/^(9|10)\d MB free$/) },
  ]);
  expect((await look(true))[1]).toMatchObject({ expected: expect.stringMatching(/^1[01]\d MB free$/) });
});

test('a database without a log: how long writes wait is told before it is read, and refuses nothing', async () => {
  expect(await writersCheckOf('wal')).toMatchObject({ status: 'pass' });
  expect(await writersCheckOf('delete')).toMatchObject({
    status: 'not proven',
    got: expect.stringMatching(/journal mode delete: every write waits while the 0\.\d MB .*about 1 s/),
    answer: expect.stringContaining('journal_mode = WAL'),
  });
});

async function writersCheckOf(journal: string) {
  const host = surveyHost(buildSite({ rows: 9, files: 1, own: false, journal }));
  const { checks } = await backupReads(host).surveyBackup(run(), {});
  return checks.find(({ name }) => name === 'the app can write while the database is read');
}

const createBackup = (args: CreateBackupArgs) => operations.createBackup(args, context);

function hostOf(backups: Record<string, unknown> = {}): Host {
  const site = buildSite({ rows: 9, files: 3, own: false });
  const small = smallHost(site, backups);
  const { lookThroughUploads } = operations;
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- a backup uses these alone
  return { ...small, data: { ...small.data, createBackup, lookThroughUploads } } as unknown as Host;
}

async function backUp(host: Host, input: { pace?: BackupPace } = {}) {
  return backupMutations(host).makeBackup({ ...run(), effects: new Effects(false) }, input);
}
