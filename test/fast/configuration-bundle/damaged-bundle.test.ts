import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Encrypter } from 'age-encryption';
import { pack as createPack, type Header } from 'tar-stream';
import { describe, expect, test } from 'vitest';
import { sha256 } from '../../../activities/adapters/configuration-bundle/bundle-inventory.ts';
import { extractBundle } from '../../../activities/adapters/configuration-bundle/extract-bundle.ts';
import { generateKey } from '../../../activities/adapters/configuration-bundle/generate-key.ts';
import { listBundles } from '../../../activities/adapters/configuration-bundle/list-bundles.ts';
import { readBundle } from '../../../activities/adapters/configuration-bundle/read-bundle.ts';
import { newFolder } from '../data-owner/support/build-site.ts';
import { buildProject, make, type Project } from './support/build-project.ts';

const noKey = { identityFile: null, passphraseFile: null, passphrase: null };
const read = ({ bundle, identityFile }: Project) => readBundle(bundle, { ...noKey, identityFile });

describe('a bundle is refused', () => {
  test('when any byte of it was changed, also without its manifest', async () => {
    const project = await buildProject();
    await make(project);
    const whole = readFileSync(project.bundle);
    execFileSync('rm', [`${project.bundle}.manifest.json`]);
    await read(project);
    const step = Math.ceil(whole.length / 60);
    for (let at = 0; at < whole.length; at += step) {
      const changed = Buffer.from(whole);
      changed.writeUInt8(changed.readUInt8(at) ^ 0x10, at);
      writeFileSync(project.bundle, changed);
      await expect(read(project), `byte ${at}`).rejects.toMatchObject({
        code: /^BUNDLE_(BROKEN|KEY_WRONG)$/,
      });
    }
  });

  test('when it is cut anywhere', async () => {
    const project = await buildProject();
    await make(project);
    const whole = readFileSync(project.bundle);
    execFileSync('rm', [`${project.bundle}.manifest.json`]);
    for (const length of [0, 10, 200, 1_000, whole.length - 17, whole.length - 1]) {
      writeFileSync(project.bundle, whole.subarray(0, length));
      await expect(read(project), `${length} bytes`).rejects.toMatchObject({ code: 'BUNDLE_BROKEN' });
    }
  });

  test('when it is not the one that its manifest names', async () => {
    const project = await buildProject();
    await make(project);
    const other = await buildProject({ key: project.args.key });
    await make(other);
    writeFileSync(project.bundle, readFileSync(other.bundle));
    await expect(read(project)).rejects.toMatchObject({
      code: 'BUNDLE_BROKEN',
      message: expect.stringContaining('manifest'),
    });
  });

  test('with the identity of somebody else', async () => {
    const project = await buildProject();
    await make(project);
    const other = await buildProject();
    const { bundle } = project;
    const wrongIdentity = readBundle(bundle, { ...noKey, identityFile: other.identityFile });
    await expect(wrongIdentity).rejects.toMatchObject({ code: 'BUNDLE_KEY_WRONG' });
  });
});

describe('what was made by somebody else with the public key writes nothing outside', () => {
  test.each([
    ['a path that climbs', { name: 'files/../../escaped' }],
    ['a path from the root', { name: '/escaped' }],
    ['a name beside files/', { name: 'escaped' }],
    ['a double slash', { name: 'files//escaped' }],
  ])('%s', async (_, header) => {
    const { bundle, identityFile, root } = await hostileBundle([{ header }]);
    const folder = join(root, 'out');
    const extracted = readBundle(bundle, { ...noKey, identityFile }).then((checked) =>
      extractBundle(bundle, checked, folder),
    );
    await expect(extracted).rejects.toMatchObject({ code: 'BUNDLE_BROKEN' });
    expect(existsSync(folder)).toBe(false);
    expect(existsSync(join(root, 'escaped'))).toBe(false);
  });

  test.each([
    ['a hard link', { name: 'files/a', type: 'link', linkname: '/etc/passwd' }],
    ['a device', { name: 'files/a', type: 'character-device' }],
  ] as const)('%s', async (_, header) => {
    const { bundle, identityFile } = await hostileBundle([{ header }]);
    const reading = readBundle(bundle, { ...noKey, identityFile });
    await expect(reading).rejects.toMatchObject({ code: 'BUNDLE_BROKEN' });
  });

  test('a link, and a file through it', async () => {
    const { bundle, identityFile, root } = await hostileBundle([
      { header: { name: 'files/a', type: 'symlink', linkname: '../../outside' } },
      { header: { name: 'files/a/escaped' } },
    ]);
    mkdirSync(join(root, 'outside'));
    const folder = join(root, 'out');
    const checked = await readBundle(bundle, { ...noKey, identityFile });
    expect(await extractBundle(bundle, checked, folder)).toMatchObject({
      linksNotMade: ['/a -> ../../outside'],
    });
    expect(readdirSync(join(root, 'outside'))).toEqual([]);
    expect(readFileSync(join(folder, 'files/a/escaped'), 'utf8')).toBe('x');
  });

  test('a path that is both a file and a folder: nothing stays in clear', async () => {
    const entries = [{ header: { name: 'files/a' } }, { header: { name: 'files/a/b' } }];
    const { bundle, identityFile, root } = await hostileBundle(entries);
    const folder = join(root, 'out');
    const checked = await readBundle(bundle, { ...noKey, identityFile });
    await expect(extractBundle(bundle, checked, folder)).rejects.toMatchObject({ code: 'ALREADY_EXISTS' });
    expect(readdirSync(folder)).toEqual([]);
  });

  test('the same name twice', async () => {
    const entries = [{ header: { name: 'files/a' } }, { header: { name: 'files/a' } }];
    const { bundle, identityFile } = await hostileBundle(entries);
    const reading = readBundle(bundle, { ...noKey, identityFile });
    await expect(reading).rejects.toMatchObject({ code: 'BUNDLE_BROKEN' });
  });
});

test('a folder that has something in it is not extracted into', async () => {
  const project = await buildProject();
  await make(project);
  const folder = newFolder();
  writeFileSync(join(folder, 'mine'), 'mine');
  const extracted = extractBundle(project.bundle, await read(project), folder);
  await expect(extracted).rejects.toMatchObject({ code: 'ALREADY_EXISTS' });
  expect(readdirSync(folder)).toEqual(['mine']);
});

test("a bundle made by tar and Debian's age alone is opened", async () => {
  const project = await buildProject();
  await make(project);
  const plain = execFileSync('age', ['-d', '-i', project.identityFile, project.bundle]);
  const again = join(project.backups, 'fdts_config_20260105_020000.tar.age');
  const recipient = project.args.key.recipients[0] ?? '';
  execFileSync('age', ['-r', recipient, '-o', again], { input: plain });
  const { entries } = await read({ ...project, bundle: again });
  expect(entries.length).toBeGreaterThan(5);
  writeFileSync(join(project.backups, 'fdts_config_20260106_020000.tar.age.x.part'), '');
  expect(
    (await listBundles(project.backups)).map(({ bundle, manifest }) => [bundle, manifest?.runId]),
  ).toEqual([
    [again, undefined],
    [project.bundle, '20260104_020000'],
  ]);
});

interface HostileEntry {
  header: Partial<Header> & { name: string };
}

/** A bundle with an inventory that fits, as somebody with the public key could make it. */
async function hostileBundle(entries: readonly HostileEntry[]) {
  const root = newFolder();
  const pack = createPack();
  const files = entries.map(({ header: { name, type } }) => ({
    path: name.replace(/^files/, ''),
    isLink: type === 'symlink',
  }));
  const inventory = {
    format: 1,
    createdAt: '',
    runId: 'x',
    facts: {},
    files: files
      .filter(({ isLink }) => !isLink)
      .map(({ path }) => ({
        path,
        bytes: 1,
        sha256: sha256(Buffer.from('x')),
        mode: '0644',
        uid: 0,
        gid: 0,
      })),
    links: entries.flatMap(({ header: { name, type, linkname } }) =>
      type === 'symlink' ? [{ path: name.replace(/^files/, ''), target: linkname ?? '' }] : [],
    ),
    leftOut: [],
  };
  pack.entry({ name: 'inventory.json' }, JSON.stringify(inventory));
  for (const { header } of entries) {
    if (header.type === undefined) pack.entry(header, 'x');
    else pack.entry(header);
  }
  pack.finalize();
  const chunks: Buffer[] = [];
  for await (const piece of pack) if (piece instanceof Uint8Array) chunks.push(Buffer.from(piece));
  const { identityFile: text, recipient } = await generateKey(new Date(0));
  const encrypter = new Encrypter();
  encrypter.addRecipient(recipient);
  const bundle = join(root, 'fdts_config_20260104_020000.tar.age');
  writeFileSync(bundle, await encrypter.encrypt(Buffer.concat(chunks)));
  const identityFile = join(root, 'key.txt');
  writeFileSync(identityFile, text);
  return { bundle, identityFile, root };
}
