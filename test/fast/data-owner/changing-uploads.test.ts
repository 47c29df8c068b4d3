import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  appendFileSync,
  chmodSync,
  closeSync,
  existsSync,
  ftruncateSync,
  mkdirSync,
  openSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { createServer } from 'node:net';
import { dirname, join } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import { readManifest } from '../../../activities/adapters/data-owner/archive/backup-manifest.ts';
import { readTar } from '../../../activities/adapters/data-owner/archive/read-tar.ts';
import { gzipTrailer } from '../../../activities/adapters/data-owner/archive/single-member-gzip.ts';
import { uploadTar, uploadTarSize } from '../../../activities/adapters/data-owner/archive/upload-tar.ts';
import type { Progress } from '../../../activities/adapters/data-owner/child-messages.ts';
import { listUploadEntries } from '../../../activities/adapters/data-owner/files/walk-uploads.ts';
import { operations } from '../../../activities/adapters/data-owner/operations/index.ts';
import { buildSite, context, dataOwner, newFolder, type Site } from './support/build-site.ts';

test('uploads that change while they are read are kept right, and never filled with zeros', async () => {
  const root = newFolder();
  const names = [
    'becomes-link',
    'empty',
    'grows',
    'is-replaced',
    'is-replaced-alike',
    'shrinks',
    'stays',
    'vanishes',
  ];
  for (const name of names) writeFileSync(join(root, name), name === 'empty' ? '' : name.repeat(100));
  writeFileSync(join(root, 'is-replaced-alike'), 'the old one');
  const entries = await listUploadEntries(root);
  appendFileSync(join(root, 'grows'), 'more');
  truncateSync(join(root, 'shrinks'), 7);
  rmSync(join(root, 'vanishes'));
  rmSync(join(root, 'becomes-link'));
  symlinkSync('/etc/passwd', join(root, 'becomes-link'));
  for (const name of ['is-replaced', 'is-replaced-alike']) {
    writeFileSync(join(root, 'new'), 'the new one');
    renameSync(join(root, 'new'), join(root, name));
  }
  const warnings: string[] = [];
  const report = { onFile: () => undefined, onWarning: ({ path }: { path: string }) => warnings.push(path) };
  const content: Record<string, string> = {};
  for await (const { name, body } of readTar('it', uploadTar(root, entries, report), {
    renames: true,
    mostBytes: 1e6,
  })) {
    content[name] = '';
    for await (const piece of body) content[name] += piece.toString();
  }
  expect(content).toEqual({
    empty: '',
    grows: 'grows'.repeat(100),
    'is-replaced-alike': 'the new one',
    shrinks: 'shrinks',
    stays: 'stays'.repeat(100),
  });
  expect(warnings).toEqual(['becomes-link', 'grows', 'is-replaced', 'shrinks', 'vanishes']);
});

test('what has no content of users is left out without making the backup partial', async () => {
  const site = buildSite({ own: false });
  symlinkSync('upload-2.bin', join(site.uploads, 'a-link-inside'));
  symlinkSync('/app/uploads/2024', join(site.uploads, 'a-link-of-a-container'));
  execFileSync('mkfifo', [join(site.uploads, 'a-pipe')]);
  const socket = createServer().listen(join(site.uploads, 'a-socket'));
  onTestFinished(() => void socket.close());
  const made = await operations.createBackup(argsFor(site), context);
  expect(made.warnings).toEqual([
    '1 upload skipped: a link to another place in the uploads',
    '1 upload skipped: a link that leads nowhere on this host',
    '2 uploads skipped: not a regular file (pipe, socket or device)',
  ]);
  expect(made).toMatchObject({ partial: false, uploads: { count: 20 } });
});

test.each([
  ['a folder', 'year'],
  ['a file', 'year/photo.jpg'],
])(
  'a link to %s outside the uploads makes the backup partial, unless it is left out on purpose',
  async (_what, target) => {
    const site = buildSite({ own: false });
    mkdirSync(join(site.root, 'year'));
    writeFileSync(join(site.root, 'year', 'photo.jpg'), 'a photo that users see');
    symlinkSync(join(site.root, target), join(site.uploads, '2024'));
    const made = await operations.createBackup(argsFor(site), context);
    expect(made).toMatchObject({ partial: true, uploads: { count: 20 } });
    expect(made.warnings).toEqual([
      '1 upload left out: a link to something outside the uploads, which is in no backup',
    ]);
    expect((await readManifest(site.manifest))?.warnings).toMatchObject([{ path: '2024' }]);
    expect(await operations.verifyBackup({ ...site, full: true }, context)).toMatchObject({ partial: true });

    const on = '20260105_020000';
    const archive = join(site.backups, `fdts_backup_${on}.tar.gz`);
    const args = { ...argsFor(site), archive, manifest: `${archive}.manifest.json`, runId: on };
    const without = await operations.createBackup({ ...args, without: ['2024'] }, context);
    expect(without).toMatchObject({ partial: false, uploads: { count: 20 } });
    expect(without.warnings).toEqual(['1 upload left out on purpose: named in data.uploadsExclude']);
  },
);

describe('while a backup is made', () => {
  test('what is deleted for good is no loss', async () => {
    const { made, paths } = await backUpWhile({
      begins: ({ uploads }) => rmSync(join(uploads, 'upload-4.bin')),
    });
    expect(made).toMatchObject({ partial: false, uploads: { count: 20 } });
    expect(made.warnings).toEqual(['1 upload deleted by somebody while the backup was made']);
    expect(paths).not.toContain('upload-4.bin');
  });

  test.each([
    ['a file', 'upload-4.bin', '2025/elsewhere.bin'],
    ['a file, into a new folder', 'upload-4.bin', 'new/folder/elsewhere.bin'],
    ['a folder with all that is in it', '2025', '2026'],
  ])('%s that is moved is in the backup where it is then', async (_what, from, to) => {
    const { made, paths } = await backUpWhile({
      begins: ({ uploads }) => {
        mkdirSync(dirname(join(uploads, to)), { recursive: true });
        if (existsSync(join(uploads, from))) renameSync(join(uploads, from), join(uploads, to));
      },
    });
    expect(made).toMatchObject({ partial: false, warnings: [], uploads: { count: 21 } });
    expect(paths.filter((path) => path.startsWith(to))).toHaveLength(from === '2025' ? 10 : 1);
    expect(paths.filter((path) => path.startsWith(from))).toEqual([]);
  });

  test('a file that is gone at its turn and there again at the end is in the backup', async () => {
    const { made, manifest } = await backUpWhile({
      begins: ({ uploads }) => rmSync(join(uploads, 'upload-4.bin'), { force: true }),
      ends: ({ uploads }) => writeFileSync(join(uploads, 'upload-4.bin'), 'written anew'),
    });
    expect(made).toMatchObject({ partial: false, warnings: [], uploads: { count: 21 } });
    expect(manifest?.uploads.entries).toContainEqual(
      expect.objectContaining({ path: 'upload-4.bin', size: 12 }),
    );
  });

  test.each([
    ['a larger one is renamed over', 70_000, renameSync],
    ['a smaller one is renamed over', 7, renameSync],
    // The new one may get the number of the old one.
    ['is deleted and written anew, larger,', 70_000, writeAnew],
    ['is deleted and written anew, smaller,', 7, writeAnew],
  ])('a file that %s before its turn is in the backup as it is then', async (_what, size, replace) => {
    const content = Buffer.alloc(size, 'of the new one ');
    const { made, manifest } = await backUpWhile({
      begins: ({ root, uploads }) => {
        writeFileSync(join(root, 'new'), content);
        replace(join(root, 'new'), join(uploads, 'upload-4.bin'));
      },
    });
    expect(made).toMatchObject({ partial: false, warnings: [], uploads: { count: 21 } });
    const sha256 = createHash('sha256').update(content).digest('hex');
    expect(manifest?.uploads.entries).toContainEqual({ path: 'upload-4.bin', size, sha256 });
  });

  test('a file that is replaced by a larger one each time is left out, and the backup is partial', async () => {
    let size = 1 << 20;
    const { made, paths } = await backUpWhile({
      begins: ({ uploads }) => rmSync(join(uploads, 'upload-4.bin'), { force: true }),
      ends: ({ uploads }) => writeFileSync(join(uploads, 'upload-4.bin'), Buffer.alloc((size += 1 << 20))),
    });
    expect(made).toMatchObject({ partial: true, uploads: { count: 20 } });
    expect(made.warnings).toEqual([
      '1 upload left out: moved or replaced again and again while the backup was made',
    ]);
    expect(paths).not.toContain('upload-4.bin');
  });

  test('a folder that a link to another disk takes the place of makes the backup partial', async () => {
    const { made } = await backUpWhile({
      begins: ({ uploads, root }) => {
        renameSync(join(uploads, '2025'), join(root, 'big-disk'));
        symlinkSync(join(root, 'big-disk'), join(uploads, '2025'));
      },
    });
    expect(made).toMatchObject({ partial: true });
    expect(made.warnings).toEqual([
      '1 upload left out: a link to something outside the uploads, which is in no backup',
    ]);
  });

  test('what comes after the snapshot belongs to the next backup', async () => {
    const { made, paths } = await backUpWhile({
      begins: ({ uploads }) => writeFileSync(join(uploads, 'a-late-one'), 'late'),
    });
    expect(made).toMatchObject({ partial: false, warnings: [], uploads: { count: 21 } });
    expect(paths).not.toContain('a-late-one');
  });
});

test('uploads that the owner of the data may not read make the backup partial, and it says so', async () => {
  const site = buildSite();
  const privateFile = join(site.uploads, 'private-name');
  const privateFolder = join(site.uploads, 'private-folder');
  writeFileSync(privateFile, 'secret', { mode: 0o000 });
  mkdirSync(privateFolder);
  writeFileSync(join(privateFolder, 'inside'), 'secret');
  chmodSync(privateFolder, 0o000);
  const listOnly = join(site.uploads, 'list-only');
  mkdirSync(listOnly);
  writeFileSync(join(listOnly, 'inside'), 'secret');
  chmodSync(listOnly, 0o444);
  const made = await dataOwner.createBackup(argsFor(site));
  expect(made).toMatchObject({ partial: true, uploads: { count: 20 } });
  expect(made.warnings).toEqual(['3 uploads skipped: may not be read by the owner of the data']);
  const { archive, manifest, scratch } = site;
  expect((await dataOwner.verifyBackup({ archive, manifest, scratch, full: true })).ok).toBe(true);
});

test('a large upload that shrinks is read again, and left out with a warning when it goes on', async () => {
  const site = buildSite({ own: false });
  const path = join(site.uploads, 'large');
  const megabytes = 24;
  writeFileSync(path, Buffer.alloc(megabytes << 20, 1));
  let passes = 0;
  let bytesBefore = 0;
  // A little more each time that the pass is inside the file.
  const shrinkInside = ({ phase, bytes }: { phase: string; bytes: number }) => {
    if (phase !== 'archive') return;
    if (bytes < bytesBefore) passes += 1;
    bytesBefore = bytes;
    if (bytes > 4 << 20) truncateSync(path, (megabytes - 8 - passes) << 20);
  };
  const made = await operations.createBackup(argsFor(site), { ...context, onProgress: shrinkInside });
  expect(passes).toBe(3);
  expect(made).toMatchObject({ partial: true, uploads: { count: 20 } });
  expect(made.warnings).toEqual(['1 upload left out: shrank again and again while it was read']);
  const manifest = await readManifest(site.manifest);
  expect(manifest?.uploads.entries.map((entry) => entry.path)).not.toContain('large');
  expect((await operations.verifyBackup({ ...site, full: true }, context)).ok).toBe(true);
});

test('a large upload that shrinks once is in the backup as it is then', async () => {
  const site = buildSite({ own: false });
  const path = join(site.uploads, 'large');
  writeFileSync(path, Buffer.alloc(24 << 20, 1));
  const shrinkInside = ({ phase, bytes }: { phase: string; bytes: number }) => {
    if (phase === 'archive' && bytes > 4 << 20) truncateSync(path, 10 << 20);
  };
  const made = await operations.createBackup(argsFor(site), { ...context, onProgress: shrinkInside });
  expect(made).toMatchObject({ partial: false, warnings: [], uploads: { count: 21 } });
  const manifest = await readManifest(site.manifest);
  expect(manifest?.uploads.entries).toContainEqual(
    expect.objectContaining({ path: 'large', size: 10 << 20 }),
  );
});

test('an upload of more than 8 GB is announced with its size, and its length fits where gzip has 32 bits for it', async () => {
  const root = newFolder();
  const size = 2 ** 33 + 12_345;
  const file = openSync(join(root, 'film'), 'w');
  ftruncateSync(file, size);
  closeSync(file);
  const entries = await listUploadEntries(root);
  const total = uploadTarSize(entries);
  // The end blocks, the file in whole blocks, and a pax header of three: ustar has no digits for 8 GB.
  expect(total).toBe(1_024 + Math.ceil(size / 512) * 512 + 3 * 512);
  const report = { onFile: () => undefined, onWarning: () => expect.unreachable() };
  for await (const entry of readTar('it', uploadTar(root, entries, report), {
    renames: true,
    mostBytes: size,
  })) {
    expect(entry).toMatchObject({ name: 'film', size });
    break;
  }
  expect(gzipTrailer(0, total).readUInt32LE(4)).toBe(total % 2 ** 32);
});

test('names of users are in the manifest only', async () => {
  const site = buildSite({ own: false });
  symlinkSync('/etc/passwd', join(site.uploads, 'private-name'));
  const made = await operations.createBackup(argsFor(site), context);
  expect(JSON.stringify(made)).not.toContain('private-name');
  expect(readFileSync(site.manifest, 'utf8')).toContain('private-name');
});

function writeAnew(from: string, to: string): void {
  rmSync(to);
  writeFileSync(to, readFileSync(from));
}

function argsFor({ database, uploads, archive, manifest }: Site) {
  return { database, uploads, archive, manifest, runId: 'run-1' };
}

/** A backup of 20 small uploads and a large last one, during which something happens at the beginning and in the end. */
async function backUpWhile(happens: { begins: (site: Site) => void; ends?: (site: Site) => void }) {
  const site = buildSite({ own: false });
  writeFileSync(join(site.uploads, 'z-large'), Buffer.alloc(8 << 20, 1));
  let part: 'before' | 'begun' | 'ended' = 'before';
  const watch = ({ phase, bytes, totalBytes }: Progress) => {
    if (phase !== 'archive') return;
    if (bytes < 1 << 20 && part !== 'begun') {
      happens.begins(site);
      part = 'begun';
    }
    if (bytes > totalBytes - (4 << 20) && part === 'begun') {
      happens.ends?.(site);
      part = 'ended';
    }
  };
  const made = await operations.createBackup(argsFor(site), { ...context, onProgress: watch });
  const manifest = await readManifest(site.manifest);
  const { archive, scratch } = site;
  const checked = await operations.verifyBackup(
    { archive, manifest: site.manifest, scratch, full: true },
    context,
  );
  expect(checked).toMatchObject({ ok: true, partial: made.partial });
  return { made, manifest, paths: manifest?.uploads.entries.map(({ path }) => path) ?? [] };
}
