import { mkdir, mkdtemp, readdir, readFile, rename, rm, stat, symlink, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { beforeEach, expect, it, onTestFinished } from 'vitest';
import {
  makeCopyFolder,
  removeCopyFolder,
} from '../../../activities/adapters/project-copy/make-copy-folder.ts';

const owner = { uid: process.getuid?.() ?? 0, gid: process.getgid?.() ?? 0 };
const context = { signal: new AbortController().signal, onProgress: () => undefined };
let site: string;
let folder: string;

beforeEach(async () => {
  site = await mkdtemp(path.join(tmpdir(), 'fdts-ops-copy-'));
  folder = path.join(site, 'scratch/copies/fdts-ops-copy-20260104-020000-verify');
  for (const name of ['data', 'uploads', 'conf/inner', 'backups', 'scratch'])
    await mkdir(path.join(site, name), { recursive: true });
  await writeFile(path.join(site, 'data/database.sqlite'), 'live');
  await writeFile(path.join(site, 'uploads/one'), 'live');
  await writeFile(path.join(site, 'backups/one.tar.gz'), 'live');
  await writeFile(path.join(site, 'conf/inner/key.pem'), 'key', { mode: 0o600 });
  onTestFinished(() => rm(site, { recursive: true, force: true }));
});

const make = (more: Partial<Parameters<typeof makeCopyFolder>[0]> = {}) =>
  makeCopyFolder(
    {
      folder,
      database: path.join(site, 'data/database.sqlite'),
      databasePlaces: [path.join(site, 'data')],
      uploads: path.join(site, 'uploads'),
      owner,
      sources: [],
      empty: [path.join(site, 'backups'), path.join(site, 'scratch')],
      mostBytes: 1000,
      ...more,
    },
    context,
  );

const inside = (name: string) => path.join(folder, 'root', site, name);

it('a project mounted whole is copied with modes, without data, uploads and backups, as often as it is asked for', async () => {
  await symlink('/etc/hostname', path.join(site, 'conf/link'));
  for (let attempt = 0; attempt < 2; attempt += 1) {
    await make({ sources: [site, path.join(site, 'conf/inner/key.pem')] });
    expect(await readFile(inside('conf/inner/key.pem'), 'utf8')).toBe('key');
    expect((await stat(inside('conf/inner/key.pem'))).mode & 0o777).toBe(0o600);
    for (const name of ['data', 'uploads', 'backups', 'scratch'])
      expect(await readdir(inside(name))).toEqual([]);
  }
  await removeCopyFolder({ folder });
  expect(await readdir(path.dirname(folder))).toEqual([]);
  expect(await readFile('/etc/hostname')).toBeTruthy();
  expect(await readFile(path.join(site, 'data/database.sqlite'), 'utf8')).toBe('live');
});

it('of a project mounted whole that has its database beside it, all is copied but the database and what was set aside', async () => {
  const database = path.join(site, 'fdts.sqlite');
  for (const file of [database, `${database}-wal`]) await writeFile(file, 'live');
  await mkdir(path.join(site, '.fdts-ops-20260104_020000'));
  await writeFile(path.join(site, '.fdts-ops-20260104_020000/database.sqlite'), 'old');
  await make({ sources: [site], database, databasePlaces: [database, `${database}-wal`] });
  expect((await readdir(inside(''))).sort()).toEqual(['backups', 'conf', 'data', 'scratch', 'uploads']);
  expect(await readFile(inside('conf/inner/key.pem'), 'utf8')).toBe('key');
});

it('a mounted path that does not exist is an empty folder, as Docker would make it', async () => {
  await make({ sources: [path.join(site, 'missing')] });
  expect(await readdir(inside('missing'))).toEqual([]);
});

it('a link among the copied files leads nothing that follows out of the copy', async () => {
  await symlink(path.join(site, 'data'), path.join(site, 'conf/link'));
  const sources = [path.join(site, 'conf'), path.join(site, 'conf/link/settings/deep')];
  await expect(make({ sources })).rejects.toMatchObject({ code: 'COPY_REFUSED' });
  expect(await readdir(path.join(site, 'data'))).toEqual(['database.sqlite']);
});

it.each(['scratch', 'scratch/copies'])(
  'a link in the place of %s leads nothing out of it, neither what is made nor what is removed',
  async (place) => {
    await make();
    const elsewhere = path.join(site, 'elsewhere');
    await rename(path.join(site, place), elsewhere);
    await symlink(elsewhere, path.join(site, place));
    const before = await readdir(elsewhere, { recursive: true });
    await expect(make({ sources: [path.join(site, 'conf')] })).rejects.toMatchObject({
      code: 'FOLDER_IS_A_LINK',
    });
    await expect(removeCopyFolder({ folder })).rejects.toMatchObject({ code: 'FOLDER_IS_A_LINK' });
    expect(await readdir(elsewhere, { recursive: true })).toEqual(before);
  },
);

it('more than may be copied, and what is no file, is refused by its name', async () => {
  await writeFile(path.join(site, 'conf/large'), Buffer.alloc(1001));
  await expect(make({ sources: [path.join(site, 'conf')] })).rejects.toThrow(/conf .*maxFolderMegabytes/);
  await rm(path.join(site, 'conf/large'));
  const server = createServer().listen(path.join(site, 'conf/socket'));
  onTestFinished(() => void server.close());
  await expect(make({ sources: [path.join(site, 'conf')] })).rejects.toThrow(/conf\/socket is a socket/);
});

it('removes only what is called like a copy, in a folder of copies', async () => {
  for (const other of [site, path.join(site, 'data'), path.join(site, path.basename(folder))])
    await expect(removeCopyFolder({ folder: other })).rejects.toMatchObject({ code: 'NOT_A_COPY' });
});
