import { chmodSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { expect, test } from 'vitest';
import { operations } from '../../../activities/adapters/data-owner/operations/index.ts';
import { buildSite, context, dataOwner, readRows, type Site } from './support/build-site.ts';
import { withFailingWrite } from './support/failing-writes.ts';
import { mayMount, mountDisk, remountReadOnly } from './support/mounted-disk.ts';
import { buildBackedUpSite, contentOf, placeOf, stageArgs } from './support/restore-site.ts';

/** More writes than a backup, a copy or the preparation of a restore of a small site makes. */
const mostWrites = 120;

test.each([
  ['ENOSPC', 'DISK_FULL'],
  ['EDQUOT', 'DISK_FULL'],
  ['EIO', 'DISK_ERROR'],
])(
  'a disk that answers %s at any write fails the backup, and leaves nothing half made',
  async (errno, code) => {
    const site = buildSite({ files: 3, own: false });
    let points = 0;
    for (let failAt = 1; failAt < mostWrites; failAt += 1) {
      const attempt = await withFailingWrite(errno, failAt, () =>
        operations.createBackup(argsFor(site), context),
      );
      if (!attempt.failed) break;
      points += 1;
      expect(attempt.error, `write ${failAt}`).toMatchObject({ code });
      // Only the fsync of the folder comes after the archive has its name: then it is there whole, and the repeat takes it.
      if (existsSync(site.archive)) await takeWhole(site);
      expect(readdirSync(site.backups), `write ${failAt}`).toEqual(['.fdts-ops.lock']);
    }
    expect(points).toBeGreaterThan(8);
    await takeWhole(site);
  },
  120_000,
);

test.each([
  ['ENOSPC', 'DISK_FULL'],
  ['EIO', 'DISK_ERROR'],
])(
  'a disk that answers %s at any write fails a copy, leaves nothing half made, and the repeat makes it',
  async (errno, code) => {
    const site = buildSite({ files: 3, own: false });
    await operations.createBackup(argsFor(site), context);
    const external = join(site.root, 'external');
    mkdirSync(external);
    const to = join(external, basename(site.archive));
    const copy = () => operations.copyVerified({ from: site.archive, to, withManifest: true }, context);
    const points = await atEveryWrite(errno, copy, async (error, failAt) => {
      expect(error, `write ${failAt}`).toMatchObject({ code });
      expect(readdirSync(external).filter((name) => name.endsWith('.part'))).toEqual([]);
      // What has its name is whole; the archive only beside its manifest.
      if (existsSync(to)) expect(existsSync(`${to}.manifest.json`)).toBe(true);
      await copy();
      for (const suffix of ['', '.manifest.json'])
        expect(readFileSync(`${to}${suffix}`).equals(readFileSync(`${site.archive}${suffix}`))).toBe(true);
      for (const suffix of ['', '.manifest.json']) rmSync(`${to}${suffix}`);
    });
    expect(points).toBeGreaterThan(8);
  },
  120_000,
);

test('a disk that answers ENOSPC at any write of a restore fails its preparation: live data is as it was, the archive not called bad', {
  timeout: 120_000,
}, async () => {
  const { site, before, backedUp } = await buildBackedUpSite();
  const stage = () => operations.stageRestore(stageArgs(site), context);
  const points = await atEveryWrite('ENOSPC', stage, async (error, failAt) => {
    expect(error, `write ${failAt}`).toMatchObject({ code: 'DISK_FULL' });
    expect(contentOf(site), `write ${failAt}`).toEqual(before);
  });
  expect(points).toBeGreaterThan(15);
  await operations.swapInRestored(placeOf(site));
  expect(contentOf(site).uploads).toEqual(backedUp.uploads);
  expect(readRows(site.database)).toEqual({ users: 40, audit: 40, integrity: 'ok' });
});

test.runIf(mayMount)(
  'a disk that gets full in the middle of the snapshot fails the backup alone',
  async () => {
    const { database, uploads } = buildSite({ rows: 60_000, own: false });
    const disk = mountDisk();
    const archive = join(disk, 'fdts_backup_20260104_020000.tar.gz');
    const fill = ({ phase, bytes }: { phase: string; bytes: number }) => {
      if (phase === 'database snapshot' && bytes === 0) fillUp(join(disk, 'filler'));
    };
    const made = operations.createBackup(
      { database, uploads, archive, manifest: `${archive}.manifest.json`, runId: 'run-1' },
      { ...context, onProgress: fill },
    );
    await expect(made).rejects.toMatchObject({ code: 'DISK_FULL' });
    expect(readdirSync(disk).toSorted()).toEqual(['.fdts-ops.lock', 'filler']);
  },
);

test.runIf(mayMount)('a target that is mounted read-only is named, and nothing is written', async () => {
  const site = buildSite();
  const disk = mountDisk();
  remountReadOnly(disk);
  const archive = join(disk, 'fdts_backup_20260104_020000.tar.gz');
  const made = dataOwner.createBackup({ ...argsFor(site), archive, manifest: `${archive}.manifest.json` });
  await expect(made).rejects.toMatchObject({ code: 'NO_PERMISSION', retryable: false });
  expect(readdirSync(disk)).toEqual([]);
});

test('a target folder that may not be written, or is not there, is named, and nothing is made', async () => {
  const site = buildSite();
  chmodSync(site.backups, 0o555);
  await expect(dataOwner.createBackup(argsFor(site))).rejects.toMatchObject({ code: 'NO_PERMISSION' });
  expect(readdirSync(site.backups)).toEqual([]);
  const archive = join(site.root, 'not-mounted', 'fdts_backup_20260104_020000.tar.gz');
  const made = dataOwner.createBackup({ ...argsFor(site), archive, manifest: `${archive}.manifest.json` });
  await expect(made).rejects.toMatchObject({ code: 'NOT_FOUND', retryable: false });
  expect(existsSync(dirname(archive))).toBe(false);
});

/** Lets the first, second, … write of `work` fail until it gets through; how many times it failed. */
async function atEveryWrite(
  errno: string,
  work: () => Promise<unknown>,
  check: (error: unknown, failAt: number) => Promise<void>,
): Promise<number> {
  for (let failAt = 1; failAt < mostWrites; failAt += 1) {
    const { failed, error } = await withFailingWrite(errno, failAt, work);
    if (!failed) {
      expect(error).toBeUndefined();
      return failAt - 1;
    }
    await check(error, failAt);
  }
  throw new Error(`there are more than ${mostWrites} writes`);
}

/** The backup that is there is that of the run and verifies; it is gone after. */
async function takeWhole(site: Site): Promise<void> {
  const { archive, manifest, scratch } = site;
  await operations.createBackup(argsFor(site), context);
  expect((await operations.verifyBackup({ archive, manifest, scratch, full: true }, context)).ok).toBe(true);
  for (const file of [archive, manifest]) rmSync(file);
}

/** Writes until there is no room left. */
function fillUp(path: string): void {
  if (existsSync(path)) return;
  for (let megabytes = 0; ; megabytes += 1) {
    try {
      writeFileSync(path, Buffer.alloc(1 << 20), { flag: 'a' });
    } catch {
      return;
    }
    if (megabytes > 1_000) throw new Error('the disk never gets full');
  }
}

function argsFor({ database, uploads, archive, manifest }: Site) {
  return { database, uploads, archive, manifest, runId: 'run-1' };
}
