import { execFileSync } from 'node:child_process';
import { copyFileSync, existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync, gzipSync } from 'node:zlib';
import Database from 'better-sqlite3';
import { expect, test } from 'vitest';
import { tarHeader, tarPadding } from '../../../activities/adapters/data-owner/archive/tar-header.ts';
import { operations } from '../../../activities/adapters/data-owner/operations/index.ts';
import { buildSite, context, type Site } from './support/build-site.ts';

const { createBackup, verifyBackup } = operations;

test('a good backup passes, with and without its manifest, and scratch is empty again', async () => {
  const { site } = await backedUp();
  const { archive, manifest, scratch } = site;
  expect(await verifyBackup({ archive, manifest, scratch, full: true }, context)).toMatchObject({
    ok: true,
    findings: [],
    database: { tables: { users: 1_334, audit_logs: 1_334 } },
    uploads: { count: 20 },
  });
  const alone = await verifyBackup({ archive, scratch, full: true }, context);
  expect(alone.findings).toEqual([expect.stringContaining('there is no manifest')]);
  expect(readdirSync(scratch)).toEqual([]);
});

test('ordinary tar reads a backup, and a backup made by ordinary tar passes', async () => {
  const { site } = await backedUp();
  const out = join(site.root, 'out');
  mkdirSync(join(out, 'uploads'), { recursive: true });
  execFileSync('tar', ['-xzf', site.archive, '-C', out]);
  execFileSync('tar', ['-xzf', join(out, 'uploads.tar.gz'), '-C', join(out, 'uploads')]);
  for (const name of readdirSync(site.uploads, { recursive: true, encoding: 'utf8' })) {
    if (name.endsWith('.bin'))
      expect(readFileSync(join(out, 'uploads', name))).toEqual(readFileSync(join(site.uploads, name)));
  }
  const longName = join(out, 'uploads', 'n'.repeat(200));
  mkdirSync(longName);
  copyFileSync(site.manifest, join(longName, 'm'.repeat(200)));
  execFileSync('tar', ['-czf', join(out, 'uploads.tar.gz'), '-C', join(out, 'uploads'), '.']);
  const archive = join(site.root, 'by-tar.tar.gz');
  execFileSync('tar', ['-czf', archive, '-C', out, './database.sqlite', './uploads.tar.gz']);
  expect(await verifyBackup({ archive, scratch: site.scratch, full: true }, context)).toMatchObject({
    uploads: { count: 21 },
  });
});

const damages: [string, RegExp, (good: Buffer, tar: Buffer) => Buffer][] = [
  ['an empty file', /0 bytes/, () => Buffer.alloc(0)],
  ['a tar that is not compressed', /not a gzip/, (_good, tar) => tar],
  ['an archive cut in the middle', /truncated|missing/, (good) => good.subarray(0, good.length / 2)],
  ['an archive that lacks its last 4 bytes', /truncated/, (good) => good.subarray(0, -4)],
  [
    'a tar cut inside a member, whole as gzip',
    /cut inside/,
    (_good, tar) => gzipSync(tar.subarray(0, 100_000)),
  ],
  ['a tar without end blocks', /end block/, (_good, tar) => gzipSync(tar.subarray(0, -1_024))],
  ['a tar with one end block', /end block/, (_good, tar) => gzipSync(tar.subarray(0, -512))],
  ['garbage after the gzip', /gzip|data after/, (good) => Buffer.concat([good, Buffer.from('garbage')])],
  [
    'garbage after zeros',
    /data after/,
    (good) => Buffer.concat([good, Buffer.alloc(9), Buffer.from('garbage')]),
  ],
  ['a second archive after it', /data after/, (good) => Buffer.concat([good, good])],
  ['a third member', /another member/, (_good, tar) => gzipSync(withMember(tar, 'evil.sh'))],
  ['a member twice', /twice/, (_good, tar) => gzipSync(withMember(tar, 'database.sqlite'))],
  ['a member outside', /another member/, (_good, tar) => gzipSync(withMember(tar, '../database.sqlite'))],
  ['a symbolic link', /type '2'/, (_good, tar) => gzipSync(withMember(tar, 'database.sqlite', '2'))],
  [
    'a malformed pax header',
    /pax record is malformed/,
    (_good, tar) => gzipSync(withMember(tar, 'database.sqlite', 'x')),
  ],
  ['uploads only', /database.sqlite is missing/, () => gzipSync(Buffer.alloc(1_024))],
];

test.each(damages)('%s is refused even without a manifest', async (_name, reason, damage) => {
  const { site, good } = await backedUp();
  const archive = join(site.root, 'damaged.tar.gz');
  writeFileSync(archive, damage(good, gunzipSync(good)));
  const verified = verifyBackup({ archive, scratch: site.scratch, full: true }, context);
  await expect(verified).rejects.toMatchObject({ code: 'BACKUP_INVALID', retryable: false });
  await expect(verified).rejects.toThrow(reason);
  expect(readdirSync(site.scratch)).toEqual([]);
});

test('one flipped bit is found wherever it is', async () => {
  const { site, good } = await backedUp();
  const { manifest, scratch } = site;
  const archive = join(site.root, 'flipped.tar.gz');
  for (let at = 3; at < good.length; at += Math.floor(good.length / 100)) {
    const flipped = Buffer.from(good);
    flipped[at] = (flipped[at] ?? 0) ^ (1 << (at % 8));
    writeFileSync(archive, flipped);
    const verified = verifyBackup({ archive, manifest, scratch, full: false }, context);
    await expect(verified, `byte ${at}`).rejects.toMatchObject({ code: 'BACKUP_INVALID' });
  }
});

test('another backup of the same site does not match this manifest, and the reasons name no file of a user', async () => {
  const { site } = await backedUp();
  writeFileSync(join(site.uploads, 'later-secret-name.bin'), 'later');
  writeFileSync(join(site.uploads, 'upload-2.bin'), 'changed');
  const database = new Database(site.database);
  database.exec('DELETE FROM audit_logs WHERE id = 1');
  database.close();
  const archive = join(site.backups, 'fdts_backup_20260105_020000.tar.gz');
  await createBackup({ ...site, archive, manifest: `${archive}.manifest.json`, runId: 'run-2' }, context);
  const { manifest, scratch } = site;
  const verified = verifyBackup({ archive, manifest, scratch, full: true }, context);
  await expect(verified).rejects.toThrow(/another sha256 .*uploads differ|uploads differ .*another sha256/s);
  await expect(verified).rejects.not.toThrow(/secret/);
});

test('an upload archive that would leave its folder is refused', async () => {
  const { site, good } = await backedUp();
  const inner = gzipSync(withMember(Buffer.alloc(1_024), '../../etc/passwd'));
  const header = { isFolder: false, mode: 0o640, uid: 0, gid: 0, mtime: 0 };
  const database = gunzipSync(good).subarray(512, 512 + readFileSync(site.database).length);
  const archive = join(site.root, 'escape.tar.gz');
  const parts = [
    [
      tarHeader({ ...header, name: 'database.sqlite', size: database.length }),
      database,
      tarPadding(database.length),
    ],
    [tarHeader({ ...header, name: 'uploads.tar.gz', size: inner.length }), inner, tarPadding(inner.length)],
  ];
  writeFileSync(archive, gzipSync(Buffer.concat([...parts.flat(), Buffer.alloc(1_024)])));
  await expect(verifyBackup({ archive, scratch: site.scratch, full: true }, context)).rejects.toThrow(
    /uploads.tar.gz: entry 1 leaves the folder/,
  );
});

test('a backup of a damaged database is refused, and a restore from it changes nothing', async () => {
  const site = buildSite({ own: false });
  const database = new Database(site.database);
  database.unsafeMode(true);
  database.pragma('writable_schema = ON');
  database.exec(`UPDATE sqlite_schema SET sql = 'CREATE INDEX audit_by_message ON audit_logs(user_id)'
    WHERE name = 'audit_by_message'`);
  database.close();
  await createBackup({ ...site, runId: 'run-1' }, context);
  const { archive, manifest, scratch, asideDir } = site;
  await expect(verifyBackup({ archive, manifest, scratch, full: true }, context)).rejects.toThrow(
    /is damaged: .* missing from index audit_by_message/,
  );
  const before = readFileSync(site.database);
  const restore = { archive, manifest, scratch, asideDir, database: site.database, runId: 'run-1' };
  await expect(operations.restoreFromBackup(restore, context)).rejects.toMatchObject({
    code: 'BACKUP_INVALID',
  });
  expect(readFileSync(site.database).equals(before)).toBe(true);
  expect(existsSync(asideDir)).toBe(false);
});

async function backedUp(): Promise<{ site: Site; good: Buffer }> {
  const site = buildSite({ own: false });
  await createBackup({ ...site, runId: 'run-1' }, context);
  return { site, good: readFileSync(site.archive) };
}

/** Puts one more member before the end blocks. */
function withMember(tar: Buffer, name: string, type = '0'): Buffer {
  const header = tarHeader({ name, isFolder: false, size: 4, mode: 0o644, uid: 0, gid: 0, mtime: 0 });
  header.write(type, 156, 'latin1');
  header.fill(' ', 148, 156);
  const sum = header.reduce((total, byte) => total + byte, 0);
  header.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148, 'latin1');
  const end = tar.length - 1_024;
  return Buffer.concat([
    tar.subarray(0, end),
    header,
    Buffer.from('evil'),
    tarPadding(4),
    Buffer.alloc(1_024),
  ]);
}
