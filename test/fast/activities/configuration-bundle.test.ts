import { mkdirSync, readdirSync, renameSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { beforeEach, expect, test } from 'vitest';
import {
  type MakeBundleArgs,
  makeBundle,
} from '../../../activities/adapters/configuration-bundle/make-bundle.ts';
import { collectPlan } from '../../../activities/adapters/configuration-bundle/plan-bundle.ts';
import type { CopyVerifiedArgs } from '../../../activities/adapters/data-owner/operations/copy-verified.ts';
import { operations } from '../../../activities/adapters/data-owner/operations/index.ts';
import { type BundlePlaces, planPlacing } from '../../../activities/adapters/new-site/place-bundle.ts';
import { bundleContents } from '../../../activities/backups/bundle-contents.ts';
import { bundleMutations } from '../../../activities/backups/configuration-bundle.ts';
import { Effects } from '../../../activities/execution/effects.ts';
import type { Host } from '../../../activities/host.ts';
import { recoverySurveyReads } from '../../../activities/new-site/recovery-survey.ts';
import { buildProject, type Project } from '../configuration-bundle/support/build-project.ts';
import { buildSite, context, type Site } from '../data-owner/support/build-site.ts';
import { standIn } from '../data-owner/support/stand-in.ts';
import { run, smallHost } from './support/small-host.ts';

const RUN = '20260601_020000';
/** The run's final archive, made after its rehearsal; and one that the site's script named by its own clock. */
const FINAL = '20260601_033000';
const OF_THE_SITE = '20260601_053100';

let site: Site;
let project: Project;
let external: string;
let host: Host;

beforeEach(async () => {
  project = await buildProject();
  const root = project.folder;
  site = { ...buildSite({ rows: 9, files: 1, own: false }), root, backups: project.backups };
  external = join(project.root, 'external');
  mkdirSync(external);
  standIn('docker-compose', `cat ${join(root, 'docker-compose.yml')}`);
  const small = smallHost(site, { external });
  const { args, identityFile } = project;
  const compose = {
    tool: { argv: ['docker-compose'], version: '1.29.2' },
    name: 'fdts',
    folder: root,
    files: [join(root, 'docker-compose.yml')],
  };
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- bundles and recovery use these alone
  host = {
    ...small,
    machineId: '0',
    config: {
      ...small.config,
      bundle: { ...small.config.bundle, recipients: args.key.recipients, identityFile },
      data: { ...small.config.data, owner: args.owner },
      project: { ...small.config.project, unit: null },
    },
    bundles: { makeBundle: (made: MakeBundleArgs) => makeBundle(made, context) },
    data: {
      ...small.data,
      copyVerified: (copied: CopyVerifiedArgs) => operations.copyVerified(copied, context),
    },
    asRoot: {
      planPlacing: (places: BundlePlaces) => planPlacing(places, context),
      findData: async () => ({ database: false, uploads: 0 }),
    },
    docker: { projectContainers: async () => [], engineInfo: async () => ({ version: '20' }) },
    project: async () => compose,
  } as unknown as Host;
});

const archiveOf = (stamp: string, folder = project.backups) => join(folder, `fdts_backup_${stamp}.tar.gz`);

async function bundleBy(archive: string, effects = new Effects(false)) {
  return bundleMutations(host).bundleConfiguration({ ...run(RUN), effects }, { archive });
}

const survey = (
  archive: string | null,
  images: string | null = null,
  here = host,
  mode: 'drill' | 'real' = 'drill',
) =>
  recoverySurveyReads(here).surveyRecovery(run(), {
    images,
    mode,
    archive,
    bundle: null,
    identityFile: null,
    passphraseFile: null,
  });

const bundlesIn = (folder: string) => readdirSync(folder).filter((name) => name.startsWith('fdts_config'));

const filesOf = (stamp: string) => [
  `fdts_config_${stamp}.tar.age`,
  `fdts_config_${stamp}.tar.age.manifest.json`,
];

test.each([
  ['of a window that rehearsed, which is not named like the run', FINAL],
  ['of the script of the site, which names it by its own clock', OF_THE_SITE],
])('the bundle has the time of the archive %s, here and outside; a repeat finds it', async (_, stamp) => {
  const made = await bundleBy(archiveOf(stamp));
  for (const folder of [project.backups, external]) expect(bundlesIn(folder)).toEqual(filesOf(stamp));
  expect(await bundleBy(archiveOf(stamp))).toMatchObject({ sha256: made.sha256, copy: made.copy });
  for (const folder of [project.backups, external]) expect(bundlesIn(folder)).toEqual(filesOf(stamp));
});

test('two archives of one run have a bundle each, and it goes with its own archive', async () => {
  for (const stamp of [FINAL, OF_THE_SITE]) {
    writeFileSync(archiveOf(stamp), 'x');
    await bundleBy(archiveOf(stamp));
  }
  const archives = [{ archive: archiveOf(FINAL), source: 'site' as const }];
  await operations.removeBackups({ directory: project.backups, archives }, context);
  expect(bundlesIn(project.backups)).toEqual(filesOf(OF_THE_SITE));
});

test('a dry run lists it beside the archive, whose name nobody knows yet, and makes none', async () => {
  const effects = new Effects(true);
  await bundleBy(join(project.backups, 'named-by-the-script.tar.gz'), effects);
  expect(effects.commands[0]).toContain(`-o ${project.backups}/named-by-the-script.tar.age`);
  expect([...bundlesIn(project.backups), ...bundlesIn(external)]).toEqual([]);
});

test('a recovery finds the bundle of the archive that it is given; without one it names those that are there', async () => {
  const { bundle } = await bundleBy(archiveOf(FINAL));
  const carried = join(project.root, 'carried');
  mkdirSync(carried);
  for (const name of bundlesIn(project.backups)) renameSync(join(project.backups, name), join(carried, name));
  for (const stamp of [FINAL, OF_THE_SITE]) writeFileSync(archiveOf(stamp, carried), 'x');
  const found = join(carried, basename(bundle));
  expect((await survey(archiveOf(FINAL, carried))).bundle.bundle).toBe(found);
  await expect(survey(archiveOf(OF_THE_SITE, carried))).rejects.toMatchObject({
    code: 'NO_BUNDLE',
    hint: expect.stringContaining(found),
  });
});

test('saved images that the worker cannot read are told before anything is done', async () => {
  await bundleBy(archiveOf(FINAL));
  writeFileSync(archiveOf(FINAL), 'x');
  const { checks } = await survey(archiveOf(FINAL), join(project.backups, 'images.tar'));
  expect(checks).toContainEqual(
    expect.objectContaining({ name: 'the file of saved images can be read', status: 'fail', got: 'ENOENT' }),
  );
});

test('a newer partial backup is passed over by a drill alone: for real one has to be named', async () => {
  const seen = { bytes: 1, sha256: 'a', tables: {}, uploads: { count: 0, bytes: 0 } };
  const [whole, partial] = [archiveOf(FINAL), archiveOf(OF_THE_SITE)];
  for (const archive of [whole, partial]) {
    await bundleBy(archive);
    writeFileSync(archive, 'x');
    const record = { archive, ...seen, mode: 'full', source: 'site', partial: archive === partial } as const;
    await operations.recordVerified(record, context);
  }
  const passedOver = (found: Awaited<ReturnType<typeof survey>>) =>
    found.checks.find(({ name }) => name === 'no newer backup is passed over');
  expect(passedOver(await survey(null))).toMatchObject({ status: 'not proven' });
  const real = await survey(null, null, host, 'real');
  expect(real.archive).toBe(whole);
  expect(passedOver(real)).toMatchObject({
    status: 'fail',
    got: expect.stringContaining(`PARTIAL: ${partial}`),
    answer: expect.stringContaining(
      `beside the rest of your input: {"mode":"real","archive":"${partial}"} (recover-site: --archive ${partial}) for the newer data, {"mode":"real","archive":"${whole}"} (recover-site: --archive ${whole}) for all`,
    ),
  });
  for (const archive of [whole, partial, basename(partial)])
    expect(passedOver(await survey(archive, null, host, 'real'))).toBeUndefined();
});

test('the machine where a bundle was made is the old one for every other machine', async () => {
  await bundleBy(archiveOf(FINAL));
  writeFileSync(archiveOf(FINAL), 'x');
  expect((await survey(archiveOf(FINAL))).oldMachine).toBeUndefined();
  const elsewhere = { ...host, machineId: 'e'.repeat(32) };
  expect((await survey(archiveOf(FINAL), null, elsewhere)).oldMachine).toEqual({
    host: host.config.host.name,
    machineId: host.machineId,
    replacedBy: host.config.host.name,
  });
});

test('the scripts of an emergency, and of the site for its backups, are in the bundle, and a recovery places them', async () => {
  const scripts = join(project.root, 'emergency.d');
  mkdirSync(scripts);
  writeFileSync(join(scripts, 'backup.sh'), '#!/bin/sh\n', { mode: 0o755 });
  writeFileSync(join(scripts, 'drop-cache.sh'), '#!/bin/sh\n', { mode: 0o755 });
  const { config } = host;
  const scripted = { ...host, config: { ...config, emergency: { ...config.emergency, scripts } } };
  const contents = await bundleContents(scripted, run().signal);
  const { taken } = await collectPlan({ ...project.args, ...contents }, context);
  expect(taken).toContainEqual({ what: 'emergency.scripts', path: scripts, files: 2, bytes: 20 });

  host = scripted;
  await bundleBy(archiveOf(FINAL));
  writeFileSync(archiveOf(FINAL), 'x');
  renameSync(scripts, `${scripts}-of-the-lost-machine`);
  const { outside, lines } = await survey(archiveOf(FINAL));
  expect(outside).toEqual([]);
  expect(lines).toContainEqual(expect.stringMatching(/^2 files are placed/));
});

test('a folder of scripts that is too large, or is not there, is said', async () => {
  const scripts = join(project.root, 'emergency.d');
  const { config } = host;
  const scripted = { ...host, config: { ...config, emergency: { ...config.emergency, scripts } } };
  const leftOut = async () => {
    const contents = await bundleContents(scripted, run().signal);
    return (await collectPlan({ ...project.args, ...contents, mostBytes: 100_000 }, context)).leftOut;
  };
  expect(await leftOut()).toContainEqual({ path: scripts, why: 'it does not exist' });
  mkdirSync(scripts);
  writeFileSync(join(scripts, 'installer.bin'), Buffer.alloc(200_000));
  expect(await leftOut()).toContainEqual({
    path: scripts,
    why: expect.stringContaining('more than 100000 bytes'),
  });
  // The one that the backups need is taken all the same.
  writeFileSync(join(scripts, 'backup.sh'), '#!/bin/sh\n', { mode: 0o755 });
  const { backups } = smallHost(site, { command: { hostScript: 'backup.sh' } }).config;
  const byScript = { ...scripted, config: { ...scripted.config, backups } };
  const contents = await bundleContents(byScript, run().signal);
  const { taken } = await collectPlan({ ...project.args, ...contents, mostBytes: 100_000 }, context);
  expect(taken).toContainEqual({ what: 'emergency.scripts', path: scripts, files: 1, bytes: 10 });
});

test('of a project that has its database beside the compose file all is in the bundle but that database', async () => {
  const { folder, args } = project;
  const database = join(folder, 'fdts.sqlite');
  const aside = join(folder, '.fdts-ops-20260104_020000');
  mkdirSync(aside);
  for (const file of [database, `${database}-wal`, `${database}.run-1.part`, join(aside, 'salvage.sqlite')])
    writeFileSync(file, 'users');
  writeFileSync(join(folder, 'contacts.md'), 'contacts');
  const { config } = host;
  const beside = {
    ...host,
    config: {
      ...config,
      data: { ...config.data, database },
      project: { ...config.project, envFile: join(folder, '.env.production') },
      bundle: { ...config.bundle, paths: [folder] },
    },
  };
  const contents = await bundleContents(beside, run().signal);
  const { files, missing } = await collectPlan({ ...args, ...contents }, context);
  expect(missing).toEqual([]);
  const names = files.map((file) => file.path.slice(folder.length + 1));
  for (const name of ['docker-compose.yml', '.env.production', 'contacts.md', 'nginx/fdts.conf'])
    expect(names).toContain(name);
  expect(names.filter((name) => name.startsWith('fdts.sqlite') || name.startsWith('.fdts-ops'))).toEqual([]);
});
