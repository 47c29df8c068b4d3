import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { beforeEach, expect, test } from 'vitest';
import { operations } from '../../../activities/adapters/data-owner/operations/index.ts';
import { backupRemovalMutations, backupRemovalReads } from '../../../activities/backups/backup-removal.ts';
import { Effects } from '../../../activities/execution/effects.ts';
import { buildSite, context, dateByName, type Site } from '../data-owner/support/build-site.ts';
import { run, smallHost } from './support/small-host.ts';

const STAMPS = ['20260401_020000', '20260501_020000', '20260525_020000', '20260530_020000'];
let site: Site;

beforeEach(async () => {
  site = buildSite({ rows: 9, files: 2, own: false });
  for (const stamp of STAMPS) {
    const archive = archiveOf(stamp);
    const manifest = `${archive}.manifest.json`;
    const { database, uploads, scratch } = site;
    await operations.createBackup({ database, uploads, archive, manifest, runId: stamp }, context);
    dateByName(archive);
    const { bytes, sha256, ...checked } = await operations.verifyBackup(
      { archive, manifest, scratch, full: false },
      context,
    );
    const tables = checked.database.tables;
    await operations.recordVerified(
      {
        archive,
        bytes,
        sha256,
        uploads: checked.uploads,
        tables,
        mode: 'full',
        partial: false,
        source: 'fdts-ops',
      },
      context,
    );
  }
});

const archiveOf = (stamp: string) => join(site.backups, `fdts_backup_${stamp}.tar.gz`);
const names = (archives: readonly string[]) => archives.map((archive) => archive.slice(-22, -7));
const plan = (missingBytes: number, backups: Record<string, unknown> = {}) =>
  backupRemovalReads(smallHost(site, backups)).planRemoval(run(), { missingBytes });
const remove = (archives: readonly string[], dryRun = false) =>
  backupRemovalMutations(smallHost(site)).removeApproved(
    { ...run(), effects: new Effects(dryRun) },
    { archives },
  );

test('the oldest go, as few as make the room, and the two newest verified ones never', async () => {
  const one = await plan(1);
  expect(names(one.archives)).toEqual(STAMPS.slice(0, 1));
  expect(one.isEnough).toBe(true);
  const all = await plan(1e12);
  expect(names(all.archives)).toEqual(STAMPS.slice(0, 2));
  expect(all.isEnough).toBe(false);
});

test('also when all are older than retention keeps them, the two newest verified ones stay', async () => {
  const { archives } = await plan(1e12, { keepFor: '1d' });
  expect(names(archives)).toEqual(STAMPS.slice(0, 2));
  const host = smallHost(site, { keepFor: '1d' });
  const kept = archiveOf(STAMPS[2] ?? '');
  const removing = backupRemovalMutations(host).removeApproved(
    { ...run(), effects: new Effects(false) },
    { archives: [kept] },
  );
  await expect(removing).rejects.toMatchObject({ code: 'BACKUP_NEEDED', target: kept });
});

test('one that is among the newest two is refused, whoever approved it, and nothing else of it is removed', async () => {
  const kept = archiveOf(STAMPS[2] ?? '');
  await expect(remove([kept])).rejects.toMatchObject({ code: 'BACKUP_NEEDED', target: kept });
  expect(existsSync(kept)).toBe(true);
});

test('what was approved goes with its manifest, also when it is asked for again; a dry run removes nothing', async () => {
  const { archives } = await plan(1e12);
  await remove(archives, true);
  expect(archives.every((archive) => existsSync(archive))).toBe(true);
  await remove(archives.slice(0, 1));
  await remove(archives);
  expect(STAMPS.map(archiveOf).map((archive) => existsSync(archive))).toEqual([false, false, true, true]);
  expect(existsSync(`${archives[0]}.manifest.json`)).toBe(false);
});
