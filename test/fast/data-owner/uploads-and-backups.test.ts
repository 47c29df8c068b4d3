import { existsSync, mkdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { newestBackup } from '../../../activities/adapters/data-owner/newest-backup.ts';
import { buildSite, dataOwner, newFolder, ownAll } from './support/build-site.ts';
import { mayMount, mountApart } from './support/mounted-disk.ts';

test('uploads that came later are moved aside with their paths, known ones stay, and repeating moves nothing', async () => {
  const { uploads, root, asideDir } = buildSite();
  const listing = join(root, 'scratch', 'uploads.jsonl');
  const known = await dataOwner.listUploads({ uploads, listing });
  expect(known).toMatchObject({ count: 20, listing });
  writeFileSync(join(uploads, '2025', 'new.bin'), 'new');
  writeFileSync(join(uploads, 'upload-0.bin'), 'replaced');
  ownAll(uploads);
  expect(await dataOwner.listUploads({ uploads, listing })).toEqual(known);
  const args = { uploads, knownListing: listing, asideDir };
  // The database that comes back knows upload-0.bin: changed content is better for its users than none.
  const moved = { moved: ['2025/new.bin'] };
  expect(await dataOwner.setAsideNewUploads(args)).toEqual(moved);
  expect(await dataOwner.setAsideNewUploads(args)).toEqual(moved);
  expect(readFileSync(join(asideDir, 'uploads/2025/new.bin'), 'utf8')).toBe('new');
  expect(readFileSync(join(uploads, 'upload-0.bin'), 'utf8')).toBe('replaced');
  expect(existsSync(join(uploads, 'upload-2.bin'))).toBe(true);
});

test('an upload whose name is not UTF-8 is moved aside like any other', async () => {
  const { uploads, root, asideDir } = buildSite({ files: 2 });
  const listing = join(root, 'scratch', 'uploads.jsonl');
  await dataOwner.listUploads({ uploads, listing });
  const odd = Buffer.from('/2025/\xe9t\xe9.jpg', 'latin1');
  writeFileSync(Buffer.concat([Buffer.from(uploads), odd]), 'summer');
  expect(
    (await dataOwner.setAsideNewUploads({ uploads, knownListing: listing, asideDir })).moved,
  ).toHaveLength(1);
  expect(readFileSync(Buffer.concat([Buffer.from(join(asideDir, 'uploads')), odd]), 'utf8')).toBe('summer');
  expect(await dataOwner.listUploads({ uploads, listing: `${listing}.again` })).toMatchObject({ count: 2 });
});

test.runIf(mayMount)('an upload is moved aside between two mounts of one disk', async () => {
  const { uploads, root, asideDir } = buildSite({ files: 2 });
  const data = join(root, 'data');
  mountApart([data, uploads]);
  expect(statSync(data).dev).toBe(statSync(uploads).dev);
  const listing = join(root, 'scratch', 'uploads.jsonl');
  await dataOwner.listUploads({ uploads, listing });
  const late = join(uploads, '2025', 'new.bin');
  writeFileSync(late, 'new', { mode: 0o640 });
  const { mtime } = statSync(late);
  ownAll(uploads);
  const args = { uploads, knownListing: listing, asideDir };
  expect(await dataOwner.setAsideNewUploads(args)).toEqual({ moved: ['2025/new.bin'] });
  expect(existsSync(late)).toBe(false);
  const aside = join(asideDir, 'uploads/2025/new.bin');
  expect(readFileSync(aside, 'utf8')).toBe('new');
  expect(statSync(aside)).toMatchObject({ mtime, mode: 0o100640 });
});

test('without a listing nothing has run since the stop, and nothing is moved', async () => {
  const { uploads, root, asideDir } = buildSite();
  const knownListing = join(root, 'scratch', 'never-written.jsonl');
  expect(await dataOwner.setAsideNewUploads({ uploads, knownListing, asideDir })).toEqual({ moved: [] });
  expect(existsSync(join(uploads, 'upload-0.bin'))).toBe(true);
});

test('a listing that was cut is refused, so that no known upload is taken for a new one', async () => {
  const { uploads, root, asideDir } = buildSite();
  const listing = join(root, 'scratch', 'uploads.jsonl');
  await dataOwner.listUploads({ uploads, listing });
  const lines = readFileSync(listing, 'utf8').split('\n');
  writeFileSync(listing, lines.slice(0, 5).join('\n'));
  const moved = dataOwner.setAsideNewUploads({ uploads, knownListing: listing, asideDir });
  await expect(moved).rejects.toThrow(/not whole/);
});

test('backups are found by the time in their name; parts, strangers and impossible times are not backups', async () => {
  const folder = newFolder();
  const names = [
    'fdts_backup_20251231_235959.tar.gz',
    'fdts_backup_20260104_020000.tar.gz',
    'fdts_backup_20260104_020000.tar.gz.manifest.json',
    'fdts_backup_20260105_020000.tar.gz.run-1.part',
    'fdts_backup_20261332_250000.tar.gz',
    'zzz.tar.gz',
  ];
  for (const name of names) writeFileSync(join(folder, name), 'x');
  mkdirSync(join(folder, 'fdts_backup_20260106_020000.tar.gz'));
  ownAll(folder);
  const found = await dataOwner.listBackups({ directory: folder });
  expect(found.map(({ createdAt, manifest }) => [createdAt, manifest])).toEqual([
    ['2026-01-04T02:00:00.000Z', true],
    ['2025-12-31T23:59:59.000Z', false],
  ]);
  expect(newestBackup(found.toReversed())).toEqual(found[0]);
  expect(newestBackup([])).toBeUndefined();
});

test('only a folder that a run set aside is ever deleted', async () => {
  const { asideDir, root } = buildSite();
  mkdirSync(join(asideDir, 'uploads'), { recursive: true });
  ownAll(root);
  for (const wrong of [join(root, 'data'), join(root, 'data', '.fdts-ops-run-1', '..'), '/']) {
    await expect(dataOwner.discardAside({ asideDir: wrong })).rejects.toMatchObject({
      code: 'NOT_AN_ASIDE_FOLDER',
    });
  }
  expect(await dataOwner.discardAside({ asideDir })).toEqual({ removed: true });
  expect(await dataOwner.discardAside({ asideDir })).toEqual({ removed: false });
  expect(existsSync(join(root, 'data', 'database.sqlite'))).toBe(true);
  rmSync(root, { recursive: true, force: true });
});

test('free space is told in bytes', async () => {
  const { freeBytes, totalBytes } = await dataOwner.freeSpace({ path: '/' });
  expect(freeBytes).toBeGreaterThan(1_000_000);
  expect(totalBytes).toBeGreaterThan(freeBytes);
});
