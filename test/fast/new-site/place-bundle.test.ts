import { cp, mkdir, readdir, readFile, rm, stat, symlink, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { beforeEach, expect, it } from 'vitest';
import {
  type Placing,
  placeBundle,
  planPlacing,
  takeBackPlaced,
} from '../../../activities/adapters/new-site/place-bundle.ts';
import { buildProject, make, type Project } from '../configuration-bundle/support/build-project.ts';
import { context } from '../data-owner/support/build-site.ts';

let project: Project;
let kept: string;
let placing: Placing;

beforeEach(async () => {
  project = await buildProject();
  await make(project);
  // The machine is gone: what is left is the bundle, its key and a copy to compare with.
  kept = path.join(project.root, 'kept');
  await cp(project.folder, kept, { recursive: true, verbatimSymlinks: true });
  const bundle = path.join(project.root, path.basename(project.bundle));
  for (const end of ['', '.manifest.json']) await cp(`${project.bundle}${end}`, `${bundle}${end}`);
  await rm(project.folder, { recursive: true });
  placing = {
    bundle,
    identityFile: project.identityFile,
    passphraseFile: null,
    roots: [project.folder],
    keep: [path.join(project.folder, 'host.yml')],
    record: path.join(project.root, 'placed.json'),
    runId: '20260105_020000',
  };
});

const inProject = (name: string) => path.join(project.folder, name);
const read = (name: string) => readFile(inProject(name), 'utf8');

it('the configuration lies where it was, with modes and links; what this host has of its own is not placed', async () => {
  expect(await planPlacing(placing, context)).toMatchObject({ same: 0, differing: [], outside: [] });
  await placeBundle(placing, context);
  for (const name of ['docker-compose.yml', '.env.production', 'nginx/certs/fdts.key', 'app/src/main.mjs'])
    expect(await read(name)).toBe(await readFile(path.join(kept, name), 'utf8'));
  expect((await stat(inProject('nginx/certs/fdts.key'))).mode & 0o777).toBe(0o600);
  expect(await read('nginx/certs/current.key')).toBe('PRIVATE');
  expect(await readdir(project.folder)).not.toContain('host.yml');
});

it('a second attempt places what is left, and taking back leaves nothing behind', async () => {
  await placeBundle(placing, context);
  await rm(inProject('nginx/fdts.conf'));
  await placeBundle(placing, context);
  expect(await read('nginx/fdts.conf')).toContain('listen 80');
  for (let attempt = 0; attempt < 2; attempt += 1) await takeBackPlaced(placing, context);
  await expect(stat(project.folder)).rejects.toMatchObject({ code: 'ENOENT' });
});

it('what is there with another content is renamed beside, and gets its name again', async () => {
  await mkdir(project.folder);
  await writeFile(inProject('docker-compose.yml'), 'mine');
  expect(await planPlacing(placing, context)).toMatchObject({ differing: [inProject('docker-compose.yml')] });
  for (let attempt = 0; attempt < 2; attempt += 1) await placeBundle(placing, context);
  expect(await read('docker-compose.yml.before-20260105_020000')).toBe('mine');
  expect(await read('docker-compose.yml')).toContain('services');
  await takeBackPlaced(placing, context);
  expect(await read('docker-compose.yml')).toBe('mine');
  expect(await readdir(project.folder)).toEqual(['docker-compose.yml']);
});

it('nothing is placed outside of what the configuration names, nor through a link', async () => {
  const elsewhere = { ...placing, roots: [inProject('nginx')] };
  const { outside, toPlace } = await planPlacing(elsewhere, context);
  expect(outside).toContain(inProject('.env.production'));
  expect(toPlace.every((file) => file.startsWith(inProject('nginx/')))).toBe(true);
  await placeBundle(elsewhere, context);
  expect(await readdir(project.folder)).toEqual(['nginx']);
  await takeBackPlaced(elsewhere, context);
  await mkdir(path.join(project.root, 'trap'));
  await symlink(path.join(project.root, 'trap'), project.folder);
  await expect(placeBundle(placing, context)).rejects.toThrow(/link or a file/);
  expect(await readdir(path.join(project.root, 'trap'))).toEqual([]);
});

it('another key opens nothing, and nothing is placed', async () => {
  const other = await buildProject();
  const wrong = { ...placing, identityFile: other.identityFile };
  await expect(placeBundle(wrong, context)).rejects.toMatchObject({ code: 'BUNDLE_KEY_WRONG' });
  await expect(stat(project.folder)).rejects.toMatchObject({ code: 'ENOENT' });
});
