import { execFileSync } from 'node:child_process';
import {
  copyFileSync,
  mkdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  truncateSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { basename, join } from 'node:path';
import Database from 'better-sqlite3';
import { beforeEach, describe, expect, test } from 'vitest';
import { operations } from '../../../activities/adapters/data-owner/operations/index.ts';
import { backupVerificationReads } from '../../../activities/backups/backup-verification.ts';
import { recentBackup } from '../../../activities/backups/recent-backup.ts';
import { giveWay } from '../../../activities/execution/give-way.ts';
import { buildSite, context, dateByName, type Site } from '../data-owner/support/build-site.ts';
import { mayMount, mountDisk, remountReadOnly } from '../data-owner/support/mounted-disk.ts';
import { run, smallHost } from './support/small-host.ts';

let site: Site;
beforeEach(() => {
  site = buildSite({ rows: 30, files: 3, own: false });
});

/** Half an hour ago, so that it is recent whenever the test runs. */
const stampOf = (ago = 1800) =>
  new Date(Date.now() - ago * 1000).toISOString().slice(0, 19).replace('T', '_').replaceAll(/[-:]/g, '');

async function ours(ago?: number): Promise<string> {
  const archive = join(site.backups, `fdts_backup_${stampOf(ago)}.tar.gz`);
  const manifest = `${archive}.manifest.json`;
  const { database, uploads } = site;
  await operations.createBackup({ database, uploads, archive, manifest, runId: 'run-1' }, context);
  dateByName(archive);
  return archive;
}

/** As the runbook's backup.sh does it: two calls of tar, no manifest. `packs`: what the first one is told to pack. */
function bySite(ago = 600, packs: readonly string[] = ['-C', site.uploads, '.']): string {
  const work = join(site.root, 'work');
  mkdirSync(work, { recursive: true });
  const copy = new Database(site.database);
  rmSync(join(work, 'database.sqlite'), { force: true });
  copy.exec(`VACUUM INTO '${join(work, 'database.sqlite')}'`);
  copy.close();
  const archive = join(site.backups, `fdts_backup_${stampOf(ago)}.tar.gz`);
  execFileSync('tar', ['-czf', join(work, 'uploads.tar.gz'), ...packs]);
  execFileSync('tar', ['-czf', archive, '-C', work, 'database.sqlite', 'uploads.tar.gz']);
  return archive;
}

/** What its script is told to pack. */
const whole = () => ['-C', site.uploads, '.'];
const deeper = () => ['-C', site.root, 'uploads'];
const byFullPath = () => ['-C', '/', site.uploads.slice(1)];
const empty = () => ['-C', site.scratch, '.'];
const names = ['upload-0.bin', '2025/upload-1.bin', 'upload-2.bin'];
/** As old as that, in seconds. */
const age = (uploads: readonly string[], ago = 86_400) => {
  const time = Date.now() / 1000 - ago;
  for (const name of uploads) utimesSync(join(site.uploads, name), time, time);
};

const reads = (backups: Record<string, unknown> = {}) => backupVerificationReads(smallHost(site, backups));

const verify = (archive: string, source: 'fdts-ops' | 'site', record = true) =>
  reads().verifyArchive(run(), { archive, source, mode: 'full', record });

const verifiedOf = async (archive: string) =>
  (await operations.listBackups({ directory: site.backups })).find((one) => one.archive === archive)
    ?.verified;

describe('verifying one archive', () => {
  test.each([
    ['fdts-ops', () => ours(), ''],
    ['site', async () => bySite(), 'there is no manifest'],
  ] as const)('a good one of %s is recorded, and in a dry run it is not', async (source, make, remark) => {
    const archive = await make();
    const good = { result: 'good', rows: '20 users, 20 audit_logs', uploads: 3 };
    expect(await verify(archive, source, false)).toMatchObject(good);
    expect(await verifiedOf(archive)).toBeNull();
    const verdict = await verify(archive, source);
    expect(verdict).toMatchObject(good);
    expect(verdict.reason).toContain(remark);
    expect(await verifiedOf(archive)).toMatchObject({ mode: 'full', sha256: verdict.sha256 });
  });

  test('a bad one is an answer with its reason, gets no record, and what it was recorded with no longer counts', async () => {
    const archive = await ours();
    await verify(archive, 'fdts-ops');
    truncateSync(archive, 500);
    const verdict = await verify(archive, 'fdts-ops');
    expect(verdict).toMatchObject({ result: 'bad', uploads: null });
    expect(verdict.reason).toMatch(/truncated|another size/);
    expect(await verifiedOf(archive)).toBeNull();
  });

  test('rot that keeps size and time is found, and the archive counts as verified no longer', async () => {
    const archive = await ours();
    await verify(archive, 'fdts-ops');
    expect(await verifiedOf(archive)).toMatchObject({ mode: 'full' });
    const { mtime } = statSync(archive);
    const rotten = readFileSync(archive);
    rotten[rotten.length >> 1] = (rotten[rotten.length >> 1] ?? 0) ^ 1;
    writeFileSync(archive, rotten);
    utimesSync(archive, mtime, mtime);
    expect(await verify(archive, 'fdts-ops', false)).toMatchObject({ result: 'bad' });
    expect(await verifiedOf(archive)).toMatchObject({ mode: 'full' });
    expect(await verify(archive, 'fdts-ops')).toMatchObject({ result: 'bad' });
    expect(await verifiedOf(archive)).toBeNull();
  });

  test('one that lacks a core table is bad, however whole it is', async () => {
    const database = new Database(site.database);
    database.exec('DROP TABLE audit_logs');
    database.close();
    expect(await verify(await ours(), 'fdts-ops')).toMatchObject({
      result: 'bad',
      reason: expect.stringContaining('tables missing: audit_logs'),
    });
  });

  test('rows that violate foreign keys are told: not proven of ours, and of the site when that is configured', async () => {
    const app = new Database(site.database);
    app.pragma('foreign_keys = OFF');
    app.exec('UPDATE audit_logs SET user_id = 999999 WHERE id = 1');
    app.close();
    const archive = await ours();
    const { checks } = await reads().verifyBackup(run(), { archive, source: 'fdts-ops' });
    expect(checks).toMatchObject([
      { name: 'the backup restores', status: 'pass' },
      { status: 'not proven', got: expect.stringMatching(/^1 rows .* foreign keys, as 1 of the live/) },
    ]);
    expect(await verify(archive, 'fdts-ops')).toMatchObject({
      result: 'good',
      reason: expect.stringContaining('foreign keys'),
    });
    const other = { archive: bySite(), source: 'site', mode: 'full', record: true } as const;
    expect(await reads().verifyArchive(run(), other)).toMatchObject({ result: 'bad' });
    const allowing = smallHost(site, {}, { allowForeignKeyViolations: true });
    expect(await backupVerificationReads(allowing).verifyArchive(run(), other)).toMatchObject({
      result: 'good',
      reason: expect.stringContaining('data.allowForeignKeyViolations accepts'),
    });
  });

  describe('of the script of the site, compared with the uploads that users have', () => {
    beforeEach(() => age(names));

    test.each([
      ['the folder in place of what is in it', deeper, '3 of 3 uploads .*; they are below uploads/ in it'],
      ['the folder by its full path', byFullPath, '3 of 3 uploads .*; they are below .*/uploads/ in it'],
      ['an empty folder', empty, '3 of 3 uploads that are older than it are not in it'],
    ])('one that packs %s is no backup that counts, and what to change is said', async (_, packs, says) => {
      const archive = bySite(600, packs());
      const { checks } = await reads().verifyBackup(run(), { archive, source: 'site' });
      expect(checks).toContainEqual(
        expect.objectContaining({
          name: 'the uploads of users are in it',
          status: 'fail',
          got: expect.stringMatching(says),
          answer: expect.stringContaining('-C FOLDER .'),
        }),
      );
      expect(await verifiedOf(archive)).toMatchObject({ partial: true });
      for (const mode of ['quick', 'full'] as const)
        expect(
          await reads().verifyArchive(run(), { archive, source: 'site', mode, record: true }),
        ).toMatchObject({ reason: expect.stringMatching(`PARTIAL: ${says}`) });
      expect(await verifiedOf(archive)).toMatchObject({ mode: 'full', partial: true });
      const now = { now: Date.now(), maxAge: 86_400, folder: site.backups };
      const backups = await operations.listBackups({ directory: site.backups });
      expect(recentBackup(backups, now)).toMatchObject({
        status: 'fail',
        got: expect.stringContaining('lacks content of users: the report of its run says what'),
      });
    });

    test('one that has most of them counts: users move and remove some, and write while it is packed', async () => {
      const archive = bySite(600, whole());
      renameSync(join(site.uploads, 'upload-0.bin'), join(site.uploads, 'renamed.bin'));
      for (const name of ['a', 'b', 'c', 'd']) writeFileSync(join(site.uploads, name), name);
      age(['a', 'b', 'c', 'd'], 1800);
      const { checks } = await reads().verifyBackup(run(), { archive, source: 'site' });
      expect(checks.map(({ status }) => status)).toEqual(['pass']);
      expect(await verifiedOf(archive)).toMatchObject({ mode: 'full', partial: false });
    });

    test('what data.uploadsExclude names is not asked for, and neither is anything of another host', async () => {
      const archive = bySite(600, empty());
      const data = { uploadsExclude: ['2025', 'upload-0.bin', 'upload-2.bin'] };
      const without = backupVerificationReads(smallHost(site, {}, data));
      expect(
        (await without.verifyBackup(run(), { archive, source: 'site' })).checks.map(({ status }) => status),
      ).toEqual(['pass']);
      const external = join(site.root, 'external');
      mkdirSync(external);
      const theirs = join(external, basename(archive));
      copyFileSync(archive, theirs);
      const { size: bytes } = statSync(theirs);
      const seen = { bytes, sha256: 'a', tables: {}, uploads: { count: 0, bytes: 0 } };
      await operations.recordVerified(
        { archive: theirs, ...seen, mode: 'quick', source: 'site', host: 'web-2' },
        context,
      );
      const shared = reads({ external });
      const verdict = await shared.verifyArchive(run(), {
        archive: theirs,
        source: 'site',
        mode: 'quick',
        record: false,
      });
      expect(verdict.reason).not.toContain('PARTIAL');
    });
  });

  test('one that was removed meanwhile is gone, which is no fault of it', async () => {
    const archive = await ours();
    rmSync(archive);
    expect(await verify(archive, 'fdts-ops')).toMatchObject({ result: 'gone' });
  });
});

/** A backup that lies on a disk of its own. */
async function onDisk() {
  const disk = mountDisk();
  const made = await ours();
  const archive = join(disk, basename(made));
  for (const suffix of ['', '.manifest.json']) copyFileSync(`${made}${suffix}`, `${archive}${suffix}`);
  return { disk, archive };
}

describe.runIf(mayMount)('on a disk that was remounted read-only after errors', () => {
  test('a bad archive stays bad, and that its record could not be taken back is told', async () => {
    const { disk, archive } = await onDisk();
    await verify(archive, 'fdts-ops');
    truncateSync(archive, 500);
    remountReadOnly(disk);
    const verdict = await verify(archive, 'fdts-ops');
    expect(verdict.result).toBe('bad');
    expect(verdict.reason).toMatch(
      /(truncated|another size).*; its record, .*\.verified\.json, could not be taken back: .*EROFS/,
    );
    await expect(reads().verifyBackup(run(), { archive, source: 'fdts-ops' })).rejects.toMatchObject({
      code: 'BACKUP_INVALID',
      hint: expect.stringMatching(/could not be taken back: .*EROFS/),
    });
  });

  test('a good archive stays good, and that this could not be recorded is told', async () => {
    const { disk, archive } = await onDisk();
    remountReadOnly(disk);
    expect(await verify(archive, 'fdts-ops')).toMatchObject({
      result: 'good',
      reason: expect.stringMatching(/could not be recorded beside it: .*EROFS/),
    });
    const { checks } = await reads().verifyBackup(run(), { archive, source: 'fdts-ops' });
    expect(checks).toMatchObject([
      { name: 'the backup restores', status: 'pass' },
      { status: 'not proven', got: expect.stringContaining('EROFS') },
    ]);
  });
});

describe('finding the archives', () => {
  test('here and on external storage, ours and those of the site, newest first, what is dated ahead last; the rest is named', async () => {
    const external = join(site.root, 'external');
    mkdirSync(external);
    const [one, two, old] = [await ours(), bySite(), await ours(9 * 86_400)];
    copyFileSync(one, join(external, 'fdts_backup_20990101_000000.tar.gz'));
    copyFileSync(`${one}.manifest.json`, join(external, 'fdts_backup_20990101_000000.tar.gz.manifest.json'));
    for (const name of [
      'fdts_backup_20260101_000000.tar.gz.r.part',
      'photo.jpg',
      'fdts_config_20260101_000000.tar.age',
    ])
      writeFileSync(join(site.backups, name), 'x');
    const found = await reads({ external }).findArchives(run(), { days: 8 });
    expect(found.archives.map(({ archive, source }) => [archive, source])).toEqual([
      [two, 'site'],
      [one, 'fdts-ops'],
      [join(external, 'fdts_backup_20990101_000000.tar.gz'), 'fdts-ops'],
    ]);
    expect(found.older).toBe(1);
    expect(old).toContain('fdts_backup');
    expect(found.ignored).toEqual([
      expect.stringMatching(/r\.part, 1 bytes: half-written$/),
      expect.stringMatching(/photo\.jpg, 1 bytes: not the name of a backup$/),
    ]);
    expect(found.checks.map(({ status }) => status)).toEqual(['pass', 'pass']);
  });

  test('a newer one of another host on shared storage comes last: the app is booted from the first', async () => {
    const external = join(site.root, 'external');
    mkdirSync(external);
    const one = await ours(1800);
    const other = join(external, `fdts_backup_${stampOf(600)}.tar.gz`);
    copyFileSync(one, other);
    const manifest = JSON.parse(readFileSync(`${one}.manifest.json`, 'utf8'));
    const { format, runId, ...rest } = { ...manifest, createdAt: new Date().toISOString() };
    const shared = { format, runId, host: 'web-2', ...rest, archive: basename(other) };
    writeFileSync(`${other}.manifest.json`, JSON.stringify(shared, undefined, 1));
    const { archives } = await reads({ external }).findArchives(run(), { days: 8 });
    expect(archives.map(({ archive, otherHost }) => [archive, otherHost])).toEqual([
      [one, undefined],
      [other, 'web-2'],
    ]);
  });

  test("the record of an archive in this host's own folder says whose it is, and its copy's too", async () => {
    const archive = bySite();
    await verify(archive, 'site');
    const external = join(site.root, 'external');
    mkdirSync(external);
    const to = join(external, basename(archive));
    const { sha256 } = await operations.copyVerified({ from: archive, to }, context);
    await operations.recordCopyVerified({ from: archive, to, sha256 }, context);
    for (const directory of [site.backups, external])
      expect(await operations.listBackups({ directory })).toMatchObject([{ host: 'web-1' }]);
  });

  test('external storage that is not there is a failed check, and hides nothing of the folder', async () => {
    const one = await ours();
    const found = await reads({ external: '/nowhere/at/all' }).findArchives(run(), { days: 8 });
    expect(found.archives.map(({ archive }) => archive)).toEqual([one]);
    expect(found.checks).toMatchObject([
      { status: 'pass' },
      { name: 'backups in /nowhere/at/all', status: 'fail', answer: expect.stringContaining('mounted') },
    ]);
  });
});

async function checkRecent(maxAge: number) {
  const backups = await operations.listBackups({ directory: site.backups });
  return recentBackup(backups, { now: Date.now(), maxAge, folder: site.backups });
}

test('a recent backup is one that was verified: a file that is only there is named beside it', async () => {
  const [old, fresh] = [await ours(30 * 3600), await ours()];
  await verify(old, 'fdts-ops');
  expect(await checkRecent(48 * 3600)).toMatchObject({ status: 'pass' });
  const failed = await checkRecent(24 * 3600);
  expect(failed).toMatchObject({ status: 'fail', answer: 'fdts-ops start backupVerification' });
  expect(failed.got).toMatch(/30\.0 hours old; .* 0\.5 hours old is not verified$/);
  await verify(fresh, 'fdts-ops');
  expect(await checkRecent(24 * 3600)).toMatchObject({ status: 'pass' });
});

test('a backup that is dated ahead of the clock is not recent, and what to do about it is said', async () => {
  const [recent, ahead] = [await ours(), await ours(-2 * 3600)];
  for (const archive of [recent, ahead]) await verify(archive, 'fdts-ops');
  const failed = await checkRecent(24 * 3600);
  expect(failed).toMatchObject({
    status: 'fail',
    answer: expect.stringMatching(/timedatectl.*sudo mv .*\*/),
  });
  expect(failed.got).toMatch(/0\.5 hours old; dated ahead of the clock: .*, 2\.0 hours ahead$/);
  rmSync(ahead);
  expect(await checkRecent(24 * 3600)).toMatchObject({ status: 'pass' });
  await verify(await ours(-600), 'fdts-ops');
  expect(await checkRecent(24 * 3600), 'a clock may be wrong by minutes').toMatchObject({ status: 'pass' });
});

describe('giving way to a change that holds FDTS down', () => {
  const never = new AbortController().signal;

  test('work under way is stopped, and begins again when it is over', async () => {
    let isDown = false;
    const attempts: string[] = [];
    const result = await giveWay(
      never,
      async (signal) => {
        attempts.push(isDown ? 'while down' : 'while up');
        if (attempts.length > 1) return 'done';
        isDown = true;
        return new Promise((_, reject) => {
          signal.addEventListener('abort', () => {
            isDown = false;
            reject(signal.reason);
          });
        });
      },
      async () => isDown,
    );
    expect({ result, attempts }).toEqual({ result: 'done', attempts: ['while up', 'while up'] });
  });

  test('an abort of the run ends the waiting, and what fails by itself is a failure', async () => {
    const stop = new AbortController();
    const waiting = giveWay(
      stop.signal,
      async () => 'done',
      async () => true,
    );
    stop.abort();
    await expect(waiting).rejects.toThrow(/abort/i);
    const failing = giveWay(
      never,
      () => Promise.reject(new Error('by itself')),
      async () => false,
    );
    await expect(failing).rejects.toThrow('by itself');
  });
});
