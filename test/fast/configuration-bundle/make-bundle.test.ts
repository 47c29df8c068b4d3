import { execFileSync } from 'node:child_process';
import { lstatSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { extractBundle } from '../../../activities/adapters/configuration-bundle/extract-bundle.ts';
import { readBundle } from '../../../activities/adapters/configuration-bundle/read-bundle.ts';
import { newFolder, owner } from '../data-owner/support/build-site.ts';
import { backupsOf, buildProject, bundles, make, type Project, SECRET } from './support/build-project.ts';

const noKey = { identityFile: null, passphraseFile: null, passphrase: null };
const PASSPHRASE = 'correct horse battery staple';

const TAKEN = [
  '/.env.production',
  '/app/Dockerfile',
  '/app/src/main.mjs',
  '/docker-compose.yml',
  '/host.yml',
  '/nginx/certs/fdts.key',
  '/nginx/fdts.conf',
];

describe('a bundle', () => {
  test('holds exactly what deploys FDTS again, and belongs to the owner of the backups', async () => {
    const project = await buildProject();
    const made = await bundles.makeBundle({ ...project.args, owner });
    expect(made).toMatchObject({ files: TAKEN.length + 1, provenWith: 'a one-time key' });
    expect(made.leftOut.map(({ path }) => path).sort()).toEqual(
      ['data', 'uploads'].map((name) => join(project.folder, name)),
    );
    const { mode, uid } = statSync(project.bundle);
    expect([mode & 0o777, uid]).toEqual([0o600, owner.uid]);
    expect(backupsOf(project)).toHaveLength(2);

    const folder = join(newFolder(), 'out');
    const checked = await readBundle(project.bundle, { ...noKey, identityFile: project.identityFile });
    expect(await extractBundle(project.bundle, checked, folder)).toMatchObject({ linksNotMade: [] });
    for (const name of TAKEN) expectSame(project, folder, name);
    expect(lstatSync(join(folder, 'files', project.folder, 'nginx/certs/current.key')).isSymbolicLink()).toBe(
      true,
    );
    expect(lstatSync(folder).mode & 0o777).toBe(0o700);
  });

  test('has nothing in clear, on the disk or in what it answers', async () => {
    const project = await buildProject();
    const made = await make(project);
    for (const name of backupsOf(project))
      expect(readFileSync(join(project.backups, name))).not.toContain(SECRET);
    expect(JSON.stringify(made)).not.toContain('must-not-be-seen');
  });

  test("is opened by Debian's age, and holds a tar that tar reads", async () => {
    const project = await buildProject();
    await make(project);
    const tar = execFileSync('age', ['-d', '-i', project.identityFile, project.bundle]);
    const folder = newFolder();
    execFileSync('tar', ['-x', '-C', folder], { input: tar });
    for (const name of TAKEN) expectSame(project, folder, name);
  });

  test('is made and proven with a passphrase, and not opened with another one', async () => {
    const key = { ...noKey, recipients: [], passphrase: PASSPHRASE };
    const project = await buildProject({ key });
    expect(await make(project)).toMatchObject({ provenWith: 'the passphrase' });
    const wrong = readBundle(project.bundle, { ...noKey, passphrase: `${PASSPHRASE}s` });
    await expect(wrong).rejects.toMatchObject({ code: 'BUNDLE_KEY_WRONG' });
  });

  test('is proven with the identity on the host, and refused when that is another one', async () => {
    const project = await buildProject();
    const { identityFile, args } = project;
    const other = await buildProject();
    const wrong = { key: { ...args.key, identityFile: other.identityFile } };
    await expect(make(project, wrong)).rejects.toMatchObject({ code: 'BUNDLE_KEY_WRONG' });
    expect(backupsOf(project)).toEqual([]);
    const right = { key: { ...args.key, identityFile } };
    expect(await make(project, right)).toMatchObject({ provenWith: 'the identity file' });
  });

  test('is found by the repeat of the same run, and never overwrites what another one made', async () => {
    const project = await buildProject();
    const { sha256 } = await make(project);
    expect(await make(project)).toMatchObject({ sha256 });
    await expect(make(project, { runId: 'another' })).rejects.toMatchObject({ code: 'ALREADY_EXISTS' });
    writeFileSync(project.bundle, 'changed');
    await expect(make(project)).rejects.toMatchObject({ code: 'ALREADY_EXISTS' });
    expect(readFileSync(project.bundle, 'utf8')).toBe('changed');
  });
});

describe('no bundle is made', () => {
  test.each([
    ['without its compose file', 'docker-compose.yml'],
    ['without its env file', '.env.production'],
  ])('%s', async (_, name) => {
    const project = await buildProject();
    execFileSync('rm', [join(project.folder, name)]);
    const made = make(project);
    await expect(made).rejects.toMatchObject({
      code: 'BUNDLE_INCOMPLETE',
      message: expect.stringContaining(`${name}: it does not exist`),
    });
    expect(backupsOf(project)).toEqual([]);
  });

  test.each([
    ['a recipient with a slip', { recipients: [`age1${'q'.repeat(58)}`] }],
    ['a passphrase that is short', { recipients: [], passphrase: 'short' }],
    ['a passphrase file that is not there', { recipients: [], passphraseFile: '/nonexistent/passphrase' }],
    ['no key at all', { recipients: [] }],
  ])('with %s', async (_, key) => {
    const project = await buildProject({ key: { ...noKey, ...key } });
    await expect(make(project)).rejects.toMatchObject({
      code: 'BUNDLE_KEY_UNUSABLE',
      retryable: false,
    });
    expect(backupsOf(project)).toEqual([]);
  });

  test('with a damaged private key, which is not shown', async () => {
    const project = await buildProject();
    writeFileSync(project.identityFile, `${project.identity.slice(0, -1)}\n`);
    const { args, identityFile } = project;
    const made = make(project, { key: { ...args.key, identityFile } });
    const error = await made.catch((caught: unknown) => caught);
    expect(error).toMatchObject({ code: 'BUNDLE_KEY_UNUSABLE' });
    expect(String(error).toUpperCase()).not.toContain('AGE-SECRET-KEY-1');
  });
});

function expectSame({ folder }: Project, extracted: string, name: string): void {
  const copy = join(extracted, 'files', folder, name);
  expect(readFileSync(copy).equals(readFileSync(join(folder, name)))).toBe(true);
  expect(statSync(copy).mode).toBe(statSync(join(folder, name)).mode);
}
