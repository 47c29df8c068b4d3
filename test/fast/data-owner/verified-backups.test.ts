import { readdirSync, readFileSync, statSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { timeOfSiteArchive } from '../../../activities/adapters/data-owner/archive/archive-time.ts';
import { newestBackup, newestVerified } from '../../../activities/adapters/data-owner/newest-backup.ts';
import { operations } from '../../../activities/adapters/data-owner/operations/index.ts';
import { buildSite, context, newFolder } from './support/build-site.ts';

const { listBackups, lookAtFolder } = operations;

const recordVerified = (args: Parameters<typeof operations.recordVerified>[0]) =>
  operations.recordVerified(args, context);

const NAME = 'fdts_backup_20260104_020000.tar.gz';

const seen = (archive: string) => ({
  archive,
  sha256: 'a'.repeat(64),
  bytes: statSync(archive).size,
  mode: 'full' as const,
  tables: { users: 3 },
  uploads: { count: 2, bytes: 20 },
  source: 'fdts-ops' as const,
});

function archiveIn(folder: string, name = NAME, content = 'made up'): string {
  const archive = join(folder, name);
  writeFileSync(archive, content);
  return archive;
}

const listed = async (folder: string) => (await listBackups({ directory: folder }))[0]?.verified;

test('an archive counts as verified while it is the file that was verified, and no longer', async () => {
  const folder = newFolder();
  const archive = archiveIn(folder);
  expect(await listed(folder)).toBeNull();
  const record = await recordVerified(seen(archive));
  expect(await listed(folder)).toEqual({
    at: record.verifiedAt,
    mode: 'full',
    sha256: 'a'.repeat(64),
    partial: false,
  });
  expect(JSON.parse(readFileSync(`${archive}.verified.json`, 'utf8'))).toMatchObject({
    format: 1,
    bytes: 7,
    tables: { users: 3 },
    uploads: { count: 2, bytes: 20 },
    source: 'fdts-ops',
  });
  // Written again with the same length: only its time tells.
  writeFileSync(archive, 'changed');
  utimesSync(archive, new Date(), new Date(Date.now() + 5_000));
  expect(await listed(folder)).toBeNull();
});

test('a quick look at what was fully verified does not make less of it', async () => {
  const folder = newFolder();
  const archive = archiveIn(folder);
  await recordVerified(seen(archive));
  await recordVerified({ ...seen(archive), mode: 'quick' });
  expect(await listed(folder)).toMatchObject({ mode: 'full' });
  await recordVerified({ ...seen(archive), sha256: 'b'.repeat(64), mode: 'quick' });
  expect(await listed(folder)).toMatchObject({ mode: 'quick' });
});

test('what it was found to lack stays known to who does not ask, and is forgotten by who sees that it lacks nothing', async () => {
  const folder = newFolder();
  const archive = archiveIn(folder);
  await recordVerified({ ...seen(archive), partial: true });
  await recordVerified(seen(archive));
  expect(await listed(folder)).toMatchObject({ partial: true });
  await recordVerified({ ...seen(archive), partial: false });
  expect(await listed(folder)).toMatchObject({ partial: false });
});

test('what grew since it was verified gets no record', async () => {
  const folder = newFolder();
  const archive = archiveIn(folder);
  const before = seen(archive);
  writeFileSync(archive, 'made up, and more');
  await expect(recordVerified(before)).rejects.toMatchObject({ code: 'BACKUP_CHANGED' });
  expect(readdirSync(folder)).toEqual([NAME]);
});

test.each([
  ['cut', '{"format":1,"sha'],
  ['of another format', '{"format":2,"sha256":"a","bytes":7,"verifiedAt":"2026-01-04","mode":"full"}'],
  ['no record at all', 'null'],
])('a record that is %s is as good as none', async (_, text) => {
  const folder = newFolder();
  const archive = archiveIn(folder);
  writeFileSync(`${archive}.verified.json`, text);
  expect(await listed(folder)).toBeNull();
  await recordVerified(seen(archive));
  expect(await listed(folder)).not.toBeNull();
});

test('what a killed attempt left half-written is cleared away, and is never taken for a record', async () => {
  const folder = newFolder();
  const archive = archiveIn(folder);
  writeFileSync(join(folder, `.${NAME}.verified.999999999.part`), '{"format":1');
  expect(await listed(folder)).toBeNull();
  await recordVerified(seen(archive));
  expect(readdirSync(folder).sort()).toEqual([NAME, `${NAME}.verified.json`]);
});

test('the newest that was verified is another question than the newest', async () => {
  const folder = newFolder();
  archiveIn(folder);
  const older = archiveIn(folder, 'fdts_backup_20260103_020000.tar.gz');
  await recordVerified(seen(older));
  const backups = await listBackups({ directory: folder });
  expect(newestBackup(backups)?.archive).toContain(NAME);
  expect(newestVerified(backups)?.archive).toBe(older);
  expect(newestVerified([])).toBeUndefined();
});

test('our archive without a manifest that can be read has the time of its name, one of the site the time of its file, as long as that makes sense', async () => {
  const { backups, archive } = buildSite({ files: 1, rows: 3, own: false });
  writeFileSync(archive, 'ours');
  writeFileSync(`${archive}.manifest.json`, '{}');
  const [bySite, copied] = ['fdts_backup_20260104_223000.tar.gz', 'fdts_backup_20260101_223000.tar.gz'].map(
    (name) => join(backups, name),
  );
  for (const path of [bySite, copied, archive]) {
    writeFileSync(path ?? '', 'x');
    // Half past ten in the evening in New York, and long after the other two were made.
    utimesSync(path ?? '', new Date(), new Date('2026-01-05T03:31:00Z'));
  }
  const found = await listBackups({ directory: backups });
  expect(found.map(({ createdAt, source }) => [createdAt, source])).toEqual([
    ['2026-01-05T03:31:00.000Z', 'site'],
    ['2026-01-04T02:00:00.000Z', 'fdts-ops'],
    ['2026-01-01T22:30:00.000Z', 'site'],
  ]);
  const withoutTime = timeOfSiteArchive(null, new Date('2026-01-05T03:31:00Z'));
  expect(withoutTime.toISOString()).toBe('2026-01-05T03:31:00.000Z');
});

test('one of a run that waited for its window is as old as its data, not as its run', async () => {
  const { database, uploads, backups, archive } = buildSite({ files: 1, rows: 3, own: false });
  const manifest = `${archive}.manifest.json`;
  const before = new Date().toISOString();
  const made = await operations.createBackup({ database, uploads, archive, manifest, runId: 'a' }, context);
  expect((await listBackups({ directory: backups }))[0]?.createdAt).toBe(made.createdAt);
  expect(made.createdAt >= before).toBe(true);
});

test.each([
  ['is cut', (text: string) => text.slice(0, 30)],
  ['has no time', (text: string) => text.replace(/"createdAt": ".*"/, '"createdAt": "soon"')],
  [
    'has a day that there is not',
    (text: string) => text.replace(/"createdAt": "..../, '"createdAt": "99999'),
  ],
  ['is that of another archive', (text: string) => text.replace(/"archive": "/, '"archive": "x')],
])('of one whose manifest %s the time in its name counts', async (_, spoil) => {
  const { database, uploads, backups, archive } = buildSite({ files: 1, rows: 3, own: false });
  const manifest = `${archive}.manifest.json`;
  await operations.createBackup({ database, uploads, archive, manifest, runId: 'a' }, context);
  writeFileSync(manifest, spoil(readFileSync(manifest, 'utf8')));
  expect(await listBackups({ directory: backups })).toMatchObject([
    { createdAt: '2026-01-04T02:00:00.000Z', source: 'fdts-ops' },
  ]);
});

test('a look at a folder tells files, folders and the rest apart', async () => {
  const { root } = buildSite({ files: 1, rows: 3, own: false });
  const entries = await lookAtFolder({ directory: root });
  expect(entries.map(({ name, kind }) => [name, kind])).toEqual([
    ['backups', 'folder'],
    ['data', 'folder'],
    ['scratch', 'folder'],
    ['uploads', 'folder'],
  ]);
  await expect(lookAtFolder({ directory: join(root, 'gone') })).rejects.toMatchObject({ code: 'ENOENT' });
});
