import { execFileSync } from 'node:child_process';
import {
  copyFileSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { beforeEach, describe, expect, test } from 'vitest';
import { operations } from '../../../activities/adapters/data-owner/operations/index.ts';
import { whatIsOnlyHere } from '../../../activities/adapters/data-owner/restore/only-here.ts';
import type { DataOwner } from '../../../activities/adapters/data-owner/run-as-owner.ts';
import { backupVerificationReads } from '../../../activities/backups/backup-verification.ts';
import { recentBackup } from '../../../activities/backups/recent-backup.ts';
import { Effects } from '../../../activities/execution/effects.ts';
import type { Host } from '../../../activities/host.ts';
import { corruptionMutations } from '../../../activities/restores/corruption.ts';
import { restoreMutations } from '../../../activities/restores/restores.ts';
import { buildSite, context, type Site } from '../data-owner/support/build-site.ts';
import { run, smallHost } from './support/small-host.ts';

let site: Site;
beforeEach(() => {
  site = buildSite({ rows: 30, files: 3, own: false });
  const aged = new Date('2025-06-01');
  for (const name of ['upload-0.bin', '2025/upload-1.bin', 'upload-2.bin'])
    utimesSync(join(site.uploads, name), aged, aged);
});

/** As a script of the site packs it, without a manifest: what is in the uploads folder, or (`deeper`) the folder itself. */
function bySite(day: string, { deeper = false, folder = site.backups, without = 'nothing' } = {}): string {
  const archive = join(folder, `fdts_backup_202601${day}_020000.tar.gz`);
  const work = join(site.root, 'work');
  mkdirSync(work, { recursive: true });
  copyFileSync(site.database, join(work, 'database.sqlite'));
  const packs = deeper ? ['-C', site.root, 'uploads'] : ['-C', site.uploads, `--exclude=${without}`, '.'];
  execFileSync('tar', ['-czf', join(work, 'uploads.tar.gz'), ...packs]);
  execFileSync('tar', ['-czf', archive, '-C', work, 'database.sqlite', 'uploads.tar.gz']);
  const made = new Date(`2026-01-${day}T02:00:00Z`);
  utimesSync(archive, made, made);
  return archive;
}

/** Its operations run in this process. */
function hostOf(backups: Record<string, unknown> = {}, places: Record<string, unknown> = {}): Host {
  const small = smallHost(site, backups, places);
  const data = {
    ...small.data,
    stageRestore: (args) => operations.stageRestore(args, context),
    swapInRestored: (args) => operations.swapInRestored(args),
    takeBackRestored: (args) => operations.takeBackRestored(args),
    salvageRows: (args) => operations.salvageRows(args, context),
    findOwners: (args) => operations.findOwners(args),
    readOwners: (args) => operations.readOwners(args),
  } satisfies Partial<DataOwner>;
  const asRoot = { giveOwners: (args) => operations.giveOwners(args, context) } satisfies Partial<DataOwner>;
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- of a host staging uses these alone
  return { ...small, data, asRoot, openFiles: async () => [] } as unknown as Host;
}

const inRun = () => ({ ...run(), effects: new Effects(false) });
const verify = (archive: string) =>
  backupVerificationReads(smallHost(site)).verifyBackup(run(), { archive, source: 'site' });
const stage = (archive: string, backups?: Record<string, unknown>) =>
  restoreMutations(hostOf(backups)).stageRestore(inRun(), { archive, hasManifest: false });
const stageNewestGood = (places?: Record<string, unknown>) =>
  corruptionMutations(hostOf({}, places)).stageNewestGood(inRun(), {});
const verifiedOf = async (archive: string, directory = site.backups) =>
  (await operations.listBackups({ directory })).find((one) => one.archive === archive)?.verified;

/** What the daily check says of a recent backup, the day of the newest one here. */
const daily = async () => {
  const now = { now: Date.parse('2026-01-05T12:00:00Z'), maxAge: 86_400, folder: site.backups };
  return recentBackup(await operations.listBackups({ directory: site.backups }), now).status;
};

const DEEPER =
  '3 of 3 uploads that are older than it are not in it at their path; they are below uploads/ in it';

/** Every file below the uploads folder, with its content. */
const uploadsNow = () =>
  readdirSync(site.uploads, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
    .toSorted()
    .map((file) => [file, readFileSync(file, 'base64')]);

/** Its data in the place of the live data, and back, as the run does it. */
const swapIn = (places?: Record<string, unknown>) =>
  restoreMutations(hostOf({}, places)).swapInRestored(inRun(), {});
const salvage = () => restoreMutations(hostOf()).salvageRestored(inRun(), {});
const takeBack = () => restoreMutations(hostOf()).takeBackRestored(inRun(), {});

describe('the newest good backup for a corrupt database', () => {
  test.each([true, false])(
    'is the newest also when it is partial (known before: %s): its database alone is restored, and users keep their uploads',
    async (known) => {
      const older = bySite('04');
      const newest = bySite('05', { deeper: true });
      if (known) for (const archive of [older, newest]) await verify(archive);
      const { staged } = await stageNewestGood();
      expect(staged).toMatchObject({ archive: newest, partial: true, keepsUploads: true });
      expect(staged?.findings).toContainEqual(
        expect.stringMatching(/its database alone takes the place .*; its own lie in \/.*staged-uploads$/),
      );
      const before = uploadsNow();
      const live = statSync(site.database).ino;
      await swapIn();
      expect(uploadsNow()).toEqual(before);
      expect(statSync(site.database).ino).not.toBe(live);
      await takeBack();
      expect(uploadsNow()).toEqual(before);
      expect(statSync(site.database).ino).toBe(live);
    },
  );

  test('that has no manifest leaves the uploads as they are, also where its record calls it whole or all but one are in it', async () => {
    const packed = bySite('05', { without: 'upload-2.bin' });
    await verify(packed);
    expect(await verifiedOf(packed)).toMatchObject({ mode: 'full', partial: false });
    const { staged } = await stageNewestGood();
    expect(staged).toMatchObject({ archive: packed, partial: false, keepsUploads: true });
    const before = uploadsNow();
    await swapIn();
    expect(uploadsNow()).toEqual(before);
  });

  test.each(['an empty folder', 'what no backup has'])(
    'brings its uploads where there are none to keep, only %s',
    async (left) => {
      const archive = bySite('05');
      for (const name of ['upload-0.bin', '2025', 'upload-2.bin'])
        rmSync(join(site.uploads, name), { recursive: true });
      const kept = join(site.uploads, left === 'an empty folder' ? 'empty' : 'cache');
      mkdirSync(kept);
      if (left !== 'an empty folder') writeFileSync(join(kept, 'thumbnail'), 'made anew');
      const { staged } = await stageNewestGood({ uploadsExclude: ['cache'] });
      expect(staged).toMatchObject({ archive });
      expect(staged).not.toHaveProperty('keepsUploads');
      await swapIn({ uploadsExclude: ['cache'] });
      expect(uploadsNow().filter(([file]) => !file?.includes('cache'))).toHaveLength(3);
    },
  );

  test('of which the uploads stay: which of them need their rows is listed before users add to them', async () => {
    bySite('05', { deeper: true });
    await stageNewestGood();
    const { lines } = await salvage();
    expect(lines.join('\n')).toContain(
      'all 3 uploads are in their place, ' + site.uploads + '; not in the backup at their path: 3',
    );
    const listing = /their names: (\S+),/.exec(lines.join('\n'))?.[1] ?? '';
    const listed = readFileSync(listing, 'utf8');
    await swapIn();
    writeFileSync(join(site.uploads, 'of-a-user-who-is-in.bin'), 'new');
    expect((await salvage()).lines.filter((line) => line.includes('uploads'))).toEqual(
      lines.filter((line) => line.includes('uploads')),
    );
    expect(readFileSync(listing, 'utf8')).toBe(listed);
    const ofUploads = async () =>
      (await whatIsOnlyHere(dirname(listing))).filter((line) => line.includes('uploads'));
    expect(await ofUploads()).toEqual(['3 uploads of the backup that are not among those of now']);
  });
});

describe('an archive without a manifest that is staged', () => {
  test('is compared with the uploads that users have: a partial one is called so, and does not count', async () => {
    const archive = bySite('05', { deeper: true });
    expect((await stage(archive)).findings).toContain(`PARTIAL: ${DEEPER}`);
    expect(await verifiedOf(archive)).toMatchObject({ mode: 'full', partial: true });
    expect(await daily()).toBe('fail');
  });

  test('counts as verified when it has them', async () => {
    const archive = bySite('05');
    expect((await stage(archive)).findings.join()).not.toContain('PARTIAL');
    expect(await verifiedOf(archive)).toMatchObject({ mode: 'full', partial: false });
    expect(await daily()).toBe('pass');
  });

  test('does not where no upload is there to compare it with, as on a new machine', async () => {
    const archive = bySite('05', { deeper: true });
    for (const name of ['upload-0.bin', '2025/upload-1.bin', 'upload-2.bin'])
      rmSync(join(site.uploads, name));
    expect((await stage(archive)).findings.join()).not.toContain('PARTIAL');
    expect(await verifiedOf(archive)).toBeNull();
    expect(await daily()).toBe('fail');
  });

  test('stays partial where it was found so, though nothing is there to compare it with now', async () => {
    const archive = bySite('05', { deeper: true });
    await verify(archive);
    for (const name of ['upload-0.bin', '2025/upload-1.bin', 'upload-2.bin'])
      rmSync(join(site.uploads, name));
    const staged = await stage(archive);
    expect(staged.findings.join()).toContain('PARTIAL: its verification found');
    expect(await verifiedOf(archive)).toMatchObject({ mode: 'full', partial: true });
  });

  test('of another host is compared with nothing, and its record stays as it was', async () => {
    const external = join(site.root, 'external');
    mkdirSync(external);
    const theirs = bySite('05', { deeper: true, folder: external });
    const seen = { sha256: 'a', tables: {}, uploads: { count: 0, bytes: 0 }, host: 'web-2' };
    const { size: bytes } = statSync(theirs);
    await operations.recordVerified(
      { archive: theirs, ...seen, bytes, mode: 'quick', source: 'site' },
      context,
    );
    expect((await stage(theirs, { external })).findings.join()).not.toContain('PARTIAL');
    expect(await verifiedOf(theirs, external)).toMatchObject({ mode: 'quick' });
  });
});
