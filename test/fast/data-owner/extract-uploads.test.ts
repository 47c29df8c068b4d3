import { execFileSync } from 'node:child_process';
import {
  chmodSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  statSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { checkBackup } from '../../../activities/adapters/data-owner/archive/check-backup.ts';
import { UploadExtraction } from '../../../activities/adapters/data-owner/archive/extract-uploads.ts';
import { operations } from '../../../activities/adapters/data-owner/operations/index.ts';
import { buildSite, context, newFolder, type Site } from './support/build-site.ts';

test('uploads come out of our archive as they were: any name, content, modes, times, folders, and the database beside', async () => {
  const site = buildSite({ own: false });
  chmodSync(join(site.uploads, 'upload-2.bin'), 0o600);
  chmodSync(join(site.uploads, '2025'), 0o750);
  mkdirSync(join(site.uploads, 'empty'));
  const oddNames = ['\xe9t\xe9', '\xff'.repeat(120), 'caf\xc3\xa9'];
  for (const name of oddNames) {
    const folder = Buffer.from(`${site.uploads}/${name}`, 'latin1');
    mkdirSync(folder);
    writeFileSync(Buffer.concat([folder, Buffer.from(`/${name}.txt`, 'latin1')]), name);
  }
  for (const name of ['upload-4.bin', '2025/upload-3.bin', '2025'])
    utimesSync(join(site.uploads, name), 1e9, 1e9);
  const made = await operations.createBackup({ ...site, runId: 'run-1' }, context);
  expect(made).toMatchObject({ partial: false, warnings: [] });
  const { uploadsFolder, reasons, databaseFile } = await extract(site, site.archive);
  expect(reasons).toEqual([]);
  expect(describe(uploadsFolder)).toEqual(describe(site.uploads));
  expect(statSync(databaseFile).size).toBe(statSync(site.database).size);
});

test('uploads come out of an archive by the script of the site: any name, two that differ in case only, no special bits', async () => {
  const site = buildSite({ own: false, files: 2 });
  const odd = Buffer.concat([
    Buffer.from(`${site.uploads}/`),
    Buffer.from([0xe9, 0x0a, 0x5c]),
    Buffer.from('.txt'),
  ]);
  writeFileSync(odd, 'not UTF-8, with a line break and a backslash');
  for (const name of ['Photo.jpg', 'photo.jpg', 'caf\u00e9', 'cafe\u0301'])
    writeFileSync(join(site.uploads, name), `I am ${name}`);
  chmodSync(join(site.uploads, 'photo.jpg'), 0o6777);
  chmodSync(join(site.uploads, '2025'), 0o1777);
  const { uploadsFolder, reasons } = await extract(site, archiveByTar(site));
  expect(reasons).toEqual([]);
  expect(describe(uploadsFolder)).toEqual(
    describe(site.uploads).map((line) => line.replace(/ (6777|1777) /, ' 777 ')),
  );
  expect(describe(uploadsFolder)).toHaveLength(8);
});

test('an archive that turns a folder into a link is refused, and nothing appears behind the link', async () => {
  const site = buildSite({ own: false, files: 0 });
  const outside = newFolder();
  symlinkSync(outside, join(site.uploads, 'avatars'));
  const inner = join(site.root, 'inner.tar');
  execFileSync('tar', ['-cf', inner, '-C', site.uploads, 'avatars']);
  const stage = newFolder();
  mkdirSync(join(stage, 'avatars'));
  writeFileSync(join(stage, 'avatars', 'evil'), 'evil');
  execFileSync('tar', ['-rf', inner, '-C', stage, 'avatars/evil']);
  execFileSync('gzip', [inner]);
  const { uploadsFolder, reasons } = await extract(site, archiveByTar(site, `${inner}.gz`));
  expect(reasons).toEqual([expect.stringMatching(/uploads.tar.gz: entry 1 is of type '2'/)]);
  expect(readdirSync(outside)).toEqual([]);
  expect(readdirSync(uploadsFolder)).toEqual([]);
});

test('a name that is taken when its turn comes is neither followed nor overwritten', async () => {
  const [root, outside] = [newFolder(), newFolder()];
  writeFileSync(join(outside, 'victim'), 'as it was');
  const extraction = await UploadExtraction.into(root, { sync: false });
  symlinkSync(join(outside, 'victim'), join(root, 'file'));
  symlinkSync(outside, join(root, 'folder'));
  writeFileSync(join(root, 'other'), 'as it was');
  for (const path of ['file', 'folder/new', 'other', 'other/below'])
    await expect(
      extraction.file(path, { mode: 0o644, uid: 0, gid: 0, mtime: 0 }, bytes('evil')),
      path,
    ).rejects.toThrow(/equals another one/);
  await extraction.close();
  expect(readFileSync(join(outside, 'victim'), 'utf8')).toBe('as it was');
  expect(readFileSync(join(root, 'other'), 'utf8')).toBe('as it was');
  expect(readdirSync(outside)).toEqual(['victim']);
});

test('a folder that is not empty is not extracted into', async () => {
  const site = buildSite({ own: false });
  await operations.createBackup({ ...site, runId: 'run-1' }, context);
  const args = { archive: site.archive, folder: site.scratch, full: false, uploadsFolder: site.uploads };
  await expect(checkBackup(args, context)).rejects.toThrow(/is not empty/);
  expect(existsSync(join(site.scratch, 'database.sqlite'))).toBe(false);
});

async function extract(site: Site, archive: string) {
  const uploadsFolder = join(site.root, 'staged-uploads');
  mkdirSync(uploadsFolder, { mode: 0o700 });
  const manifest = existsSync(`${archive}.manifest.json`) ? { manifest: `${archive}.manifest.json` } : {};
  const args = { archive, ...manifest, folder: site.scratch, full: true, uploadsFolder, syncUploads: true };
  return { uploadsFolder, ...(await checkBackup(args, context)) };
}

/** As backup.sh of the site does it. */
function archiveByTar(site: Site, inner?: string): string {
  const work = join(site.root, 'work');
  mkdirSync(work);
  execFileSync('sqlite3', [site.database, `.backup '${work}/database.sqlite'`]);
  if (inner === undefined) execFileSync('tar', ['-czf', `${work}/uploads.tar.gz`, '-C', site.uploads, '.']);
  else execFileSync('cp', [inner, `${work}/uploads.tar.gz`]);
  const archive = join(site.backups, 'by-script.tar.gz');
  execFileSync('tar', ['-czf', archive, '-C', work, 'database.sqlite', 'uploads.tar.gz']);
  return archive;
}

/** One line for everything below a folder: name, mode, time in seconds, content. */
function describe(root: string): string[] {
  const format = String.raw`%P\1%m %Ts %y\0`;
  const found = execFileSync('find', [root, '-mindepth', '1', '-printf', format], { encoding: 'latin1' });
  return found
    .split('\0')
    .filter((line) => line !== '')
    .map((line) => {
      const [name = '', facts = ''] = line.split('\u0001');
      const content = facts.endsWith('d')
        ? ''
        : readFileSync(Buffer.from(`${root}/${name}`, 'latin1'), 'base64');
      return `${name} ${facts} ${content}`;
    })
    .sort();
}

async function* bytes(text: string): AsyncGenerator<Buffer> {
  yield await Promise.resolve(Buffer.from(text));
}
