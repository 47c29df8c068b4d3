import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  chownSync,
  cpSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statfsSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { keepCopy } from '../../../activities/adapters/data-owner/restore/make-ready.ts';
import { look } from '../../../activities/restores/judge-database.ts';
import { buildSite, dataOwner, newFolder, ownAll, owner, readRows } from './support/build-site.ts';
import { stageArgs } from './support/restore-site.ts';

// A tmpfs of a few MiB is a disk that is really full; mounting one needs root, which CI has.
const mayMount = process.getuid?.() === 0;

test.runIf(mayMount)(
  'an optimisation on a full disk fails, leaves the original as it was and no part',
  async () => {
    const site = buildSite({ rows: 12_000 });
    const { size } = statSync(site.database);
    const disk = smallDisk(Math.round(size * 1.5));
    const database = join(disk, 'database.sqlite');
    cpSync(site.database, database);
    ownAll(disk);
    const before = hash(database);
    const optimized = dataOwner.optimizeDatabase({
      database,
      asideDir: join(disk, '.fdts-ops-run-1'),
      runId: 'run-1',
    });
    await expect(optimized).rejects.toMatchObject({ code: 'DISK_FULL', retryable: false });
    expect(hash(database)).toBe(before);
    expect(readRows(database)).toMatchObject({ integrity: 'ok' });
    expect(readdirSync(disk).filter((name) => name.includes('.part'))).toEqual([]);
    const taken = await dataOwner.restoreAside({
      database,
      asideDir: join(disk, '.fdts-ops-run-1'),
      runId: 'run-1',
    });
    expect(taken).toEqual({ restored: false });
  },
);

test.runIf(mayMount)('with a work folder on a full disk of its own the original is as safe', async () => {
  const site = buildSite({ rows: 12_000 });
  const before = hash(site.database);
  const workDir = smallDisk(1 << 20);
  const { database, asideDir } = site;
  const optimized = dataOwner.optimizeDatabase({ database, asideDir, runId: 'run-1', workDir });
  await expect(optimized).rejects.toMatchObject({ code: 'DISK_FULL' });
  expect(hash(database)).toBe(before);
  expect(readdirSync(workDir)).toEqual([]);
});

test('with a work folder on another file system the new database is brought beside the old one first', async () => {
  const { database, asideDir } = buildSite();
  const workDir = mayMount ? smallDisk(32 << 20) : newFolder();
  const { bytesAfter } = await dataOwner.optimizeDatabase({ database, asideDir, runId: 'run-1', workDir });
  expect(statSync(database).size).toBe(bytesAfter);
  expect(readdirSync(workDir)).toEqual([]);
});

test.runIf(mayMount)(
  'a backup and a copy onto a full disk fail before or while writing, and leave no file',
  async () => {
    const { database, uploads, root } = buildSite({ rows: 12_000 });
    const disk = smallDisk(1 << 20);
    const archive = join(disk, 'fdts_backup_20260104_020000.tar.gz');
    const manifest = `${archive}.manifest.json`;
    const made = dataOwner.createBackup({ database, uploads, archive, manifest, runId: 'run-1' });
    await expect(made).rejects.toMatchObject({
      code: 'DISK_FULL',
      message: expect.stringContaining('MiB free'),
    });
    const copied = dataOwner.copyVerified({ from: database, to: join(disk, 'copy.sqlite') });
    await expect(copied).rejects.toMatchObject({ code: 'DISK_FULL' });
    expect(readdirSync(disk)).toEqual(['.fdts-ops.lock']);
    expect(statSync(root).isDirectory()).toBe(true);
  },
);

test.runIf(mayMount)('a copy of a database that does not fit is refused before its first byte', async () => {
  const site = buildSite({ rows: 12_000 });
  const disk = smallDisk(Math.round(statSync(site.database).size * 1.5));
  const database = join(disk, 'database.sqlite');
  cpSync(site.database, database);
  const before = hash(database);
  await expect(keepCopy('stageDatabase', database, join(disk, 'copy.sqlite'))).rejects.toMatchObject({
    code: 'DISK_FULL',
    message: expect.stringContaining('MiB free'),
  });
  expect(readdirSync(disk)).toEqual(['database.sqlite']);
  expect(hash(database)).toBe(before);
});

test.runIf(mayMount)(
  'on a disk with nothing left a look at a database is no answer: its app closed it, and what a reader needs beside it does not fit',
  async () => {
    const disk = smallDisk(4 << 20);
    const database = join(disk, 'database.sqlite');
    cpSync(buildSite({ files: 0 }).database, database);
    ownAll(disk);
    leaveNothing(disk);
    const looked = look(() => dataOwner.inspectDatabase({ database, full: true }));
    await expect(looked).rejects.toMatchObject({
      code: 'DISK_FULL',
      hint: expect.stringContaining('free space'),
    });
    rmSync(join(disk, 'filler'));
    const freed = await look(() => dataOwner.inspectDatabase({ database, full: true }));
    expect(freed).toMatchObject({ inspected: { integrity: 'ok' } });
  },
);

test.runIf(mayMount)(
  'a restore is not staged where it would take the room that the app goes on writing to',
  async () => {
    const site = buildSite({ files: 0, root: smallDisk(100 << 20) });
    const { database, uploads, archive, manifest, asideDir } = site;
    await dataOwner.createBackup({ database, uploads, archive, manifest, runId: 'run-0' });
    const before = hash(database);
    await expect(dataOwner.stageRestore(stageArgs(site))).rejects.toMatchObject({
      code: 'DISK_FULL',
      message: expect.stringMatching(/needs 1[23]\d MiB free .*, has \d+ MiB/),
    });
    expect(readdirSync(asideDir, { recursive: true }).filter((name) => /sqlite/.test(String(name)))).toEqual(
      [],
    );
    expect(hash(database)).toBe(before);
  },
);

test('what killed copies left is removed by the next copy, and nothing else is', async () => {
  const { database, root } = buildSite();
  const external = join(root, 'external');
  mkdirSync(external);
  const [killed, others] = [
    ['fdts_backup_20251201_020000.tar.gz.copy.part', 'fdts_config_20251201_020000.tar.age.copy.part'],
    ['fdts_backup_20251201_020000.tar.gz.part', 'holiday.copy.part'],
  ];
  for (const name of [...killed, ...others]) writeFileSync(join(external, name), 'half');
  ownAll(external);
  await dataOwner.copyVerified({ from: database, to: join(external, 'fdts_backup_20260104_020000.tar.gz') });
  expect(readdirSync(external).filter((name) => name.endsWith('.part'))).toEqual(others);
});

test('a copy is verified, repeated without work, and never overwrites another file', async () => {
  const { database, root } = buildSite();
  const to = join(root, 'backups', 'copy.sqlite');
  const first = await dataOwner.copyVerified({ from: database, to });
  expect(first).toEqual({ bytes: statSync(database).size, sha256: hash(database) });
  expect(await dataOwner.copyVerified({ from: database, to })).toEqual(first);
  writeFileSync(to, 'another file');
  await expect(dataOwner.copyVerified({ from: database, to })).rejects.toMatchObject({
    code: 'ALREADY_EXISTS',
  });
  expect(readFileSync(to, 'utf8')).toBe('another file');
  const unmounted = join(root, 'not-mounted', 'copy.sqlite');
  await expect(dataOwner.copyVerified({ from: database, to: unmounted })).rejects.toMatchObject({
    code: 'NOT_FOUND',
  });
});

/** A file system of its own with so many bytes, unmounted when the test ends. */
function smallDisk(bytes: number): string {
  const disk = join(newFolder(), 'disk');
  mkdirSync(disk);
  execFileSync('mount', ['-t', 'tmpfs', '-o', `size=${bytes}`, 'fdts-ops-test', disk]);
  onTestFinished(() => void execFileSync('umount', [disk]));
  chownSync(disk, owner.uid, owner.gid);
  chownSync(dirname(disk), owner.uid, owner.gid);
  return disk;
}

/** Takes the last byte of a disk. */
function leaveNothing(disk: string): void {
  const { bavail, bsize } = statfsSync(disk);
  writeFileSync(join(disk, 'filler'), Buffer.alloc(bavail * bsize));
}

function hash(path: string): string {
  return createHash('sha256').update(readFileSync(path)).digest('hex');
}
