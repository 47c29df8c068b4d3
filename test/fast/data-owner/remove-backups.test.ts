import { mkdirSync, readdirSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { operations } from '../../../activities/adapters/data-owner/operations/index.ts';
import { context, newFolder } from './support/build-site.ts';

const remove = (directory: string, archive: string, source: 'fdts-ops' | 'site' = 'fdts-ops') =>
  operations.removeBackups({ directory, archives: [{ archive, source }] }, context);

const left = (folder: string) => readdirSync(folder).filter((name) => name !== '.fdts-ops.lock');

const manifest = (archive: string, runId = '20260104_020000') =>
  JSON.stringify({
    format: 1,
    archive,
    runId,
    bytes: 1,
    sha256: 'a',
    database: { sha256: 'a', tables: {} },
    uploads: { entries: [] },
  });

const NAME = 'fdts_backup_20260104_020000.tar.gz';

function folderWith(...files: readonly string[]): string {
  const folder = newFolder();
  for (const name of files)
    writeFileSync(join(folder, name), name === `${NAME}.manifest.json` ? manifest(NAME) : 'x');
  return folder;
}

test('an archive goes with its manifest, its record and its bundle, and nothing of another one', async () => {
  const others = ['fdts_backup_20260105_020000.tar.gz', 'fdts_config_20260105_020000.tar.age', 'zzz.tar.gz'];
  const folder = folderWith(
    NAME,
    `${NAME}.manifest.json`,
    `${NAME}.verified.json`,
    'fdts_config_20260104_020000.tar.age',
    ...others,
  );
  const { removed } = await remove(folder, join(folder, NAME));
  expect(removed).toHaveLength(4);
  expect(left(folder)).toEqual(others);
  expect(await remove(folder, join(folder, NAME))).toEqual({ removed: [] });
});

test('the newest proven bundle stays without its archive, until a newer proven one is there', async () => {
  const [first, second, third] = ['04', '05', '06'].map((day) => `202601${day}_020000`);
  const folder = newFolder();
  for (const stamp of [first, second, third]) {
    const name = `fdts_backup_${stamp}.tar.gz`;
    writeFileSync(join(folder, name), 'x');
    writeFileSync(join(folder, `${name}.manifest.json`), manifest(name));
  }
  addBundle(folder, first ?? '', 'proven');
  // Cut short since, and one that was never proven: neither is a reason to let the good one go.
  addBundle(folder, second ?? '', 'cut');
  addBundle(folder, third ?? '', 'no manifest');
  const bundles = () => left(folder).filter((name) => name.startsWith('fdts_config'));
  await remove(folder, join(folder, `fdts_backup_${first}.tar.gz`));
  expect(bundles()).toContain(`fdts_config_${first}.tar.age`);
  expect(bundles()).toContain(`fdts_config_${first}.tar.age.manifest.json`);
  addBundle(folder, third ?? '', 'proven');
  await remove(folder, join(folder, `fdts_backup_${second}.tar.gz`));
  expect(bundles()).toEqual([`fdts_config_${third}.tar.age`, `fdts_config_${third}.tar.age.manifest.json`]);
});

test("in a folder of several hosts the newest bundle of this one stays, although another's is newer", async () => {
  const [first, second, theirs] = ['04', '05', '06'].map((day) => `202601${day}_020000`);
  const folder = newFolder();
  const archiveOf = (stamp = '') => join(folder, `fdts_backup_${stamp}.tar.gz`);
  for (const stamp of [first, second, theirs]) {
    const name = `fdts_backup_${stamp}.tar.gz`;
    writeFileSync(join(folder, name), 'x');
    writeFileSync(join(folder, `${name}.manifest.json`), manifest(name));
  }
  addBundle(folder, first ?? '', 'proven');
  addBundle(folder, second ?? '', 'no manifest');
  addBundle(folder, theirs ?? '', 'proven');
  const bundles = () => left(folder).filter((name) => name.endsWith('.tar.age'));
  const removeOwn = (stamp = '', ...own: (string | undefined)[]) =>
    operations.removeBackups(
      {
        directory: folder,
        archives: [{ archive: archiveOf(stamp), source: 'fdts-ops' }],
        own: own.map(archiveOf),
      },
      context,
    );
  await removeOwn(first, first, second);
  expect(bundles()).toContain(`fdts_config_${first}.tar.age`);
  addBundle(folder, second ?? '', 'proven');
  await removeOwn(second, second);
  // The older one lies beside no archive of this host any more: it may be of any.
  expect(bundles()).toEqual([first, second, theirs].map((stamp) => `fdts_config_${stamp}.tar.age`));
});

test('an archive that no manifest calls ours stays, unless it is asked for as one of the site', async () => {
  const folder = folderWith(NAME);
  await expect(remove(folder, join(folder, NAME))).rejects.toMatchObject({ code: 'NOT_REMOVED' });
  writeFileSync(join(folder, `${NAME}.manifest.json`), manifest('another.tar.gz'));
  await expect(remove(folder, join(folder, NAME))).rejects.toMatchObject({ code: 'NOT_REMOVED' });
  expect(left(folder)).toContain(NAME);
  expect((await remove(folder, join(folder, NAME), 'site')).removed).toContain(join(folder, NAME));
});

test.each([
  ['a file elsewhere', (folder: string) => join(folder, '..', NAME)],
  ['a path that leads out', (folder: string) => `${folder}/../${NAME}`],
  ['a name that is no archive', (folder: string) => join(folder, 'zzz.tar.gz')],
  ['a folder', (folder: string) => join(folder, 'fdts_backup_20260106_020000.tar.gz')],
])('%s is refused', async (_, archive) => {
  const folder = folderWith('zzz.tar.gz');
  mkdirSync(join(folder, 'fdts_backup_20260106_020000.tar.gz'));
  const before = left(folder);
  await expect(remove(folder, archive(folder), 'site')).rejects.toMatchObject({ code: 'NOT_REMOVED' });
  expect(left(folder)).toEqual(before);
});

test('what a killed removal left behind goes with the next one, a manifest that is being made does not', async () => {
  const old = 'fdts_backup_20260101_020000.tar.gz';
  const folder = folderWith(NAME, `${NAME}.manifest.json`, `${old}.manifest.json`, `${old}.verified.json`);
  const young = 'fdts_backup_20260107_020000.tar.gz.manifest.json';
  writeFileSync(join(folder, young), 'x');
  for (const suffix of ['manifest', 'verified'])
    utimesSync(join(folder, `${old}.${suffix}.json`), new Date(), new Date(Date.now() - 2 * 86_400_000));
  await remove(folder, join(folder, NAME));
  expect(left(folder)).toEqual([young]);
});

function addBundle(folder: string, stamp: string, state: 'proven' | 'cut' | 'no manifest'): void {
  const bundle = `fdts_config_${stamp}.tar.age`;
  writeFileSync(join(folder, bundle), 'encrypted');
  const bytes = state === 'cut' ? 900 : 9;
  const known = { format: 1, runId: stamp, bundle, createdAt: '', bytes, sha256: 'a', files: 1 };
  if (state === 'no manifest') return;
  writeFileSync(
    join(folder, `${bundle}.manifest.json`),
    JSON.stringify({ ...known, provenWith: 'a one-time key' }),
  );
}
