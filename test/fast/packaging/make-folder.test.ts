import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, chownSync, mkdirSync, mkdtempSync, rmSync, statSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { execa } from 'execa';
import { expect, onTestFinished, test } from 'vitest';

const program = fileURLToPath(new URL('../../../packaging/make-folder', import.meta.url));

// It gives folders to another user, which needs root; CI has it.
const isRoot = process.getuid?.() === 0;
const OWNER = { uid: 10_001, gid: 10_001 };

test.runIf(isRoot)(
  'in a folder of root it is made, with its parents, and given to the owner alone',
  async () => {
    const { root } = site();
    const folder = path.join(root, 'new/deep/scratch');
    expect(await makeFolder(folder)).toMatchObject({ exitCode: 0 });
    expect(seen(folder)).toEqual({ ...OWNER, mode: '700' });
    expect(seen(path.dirname(folder))).toEqual({ uid: 0, gid: 0, mode: '755' });
    // A second time it is as it was, and its mode is put right.
    chmodSync(folder, 0o777);
    expect(await makeFolder(folder)).toMatchObject({ exitCode: 0 });
    expect(seen(folder)).toEqual({ ...OWNER, mode: '700' });
  },
);

test.runIf(isRoot)('in a folder of the owner it is made as the owner', async () => {
  const { owners } = site();
  const folder = path.join(owners, 'between/scratch');
  expect(await makeFolder(folder)).toMatchObject({ exitCode: 0 });
  expect(seen(folder)).toEqual({ ...OWNER, mode: '700' });
  expect(seen(path.dirname(folder))).toMatchObject(OWNER);
});

test.runIf(isRoot).each([
  ['in its place', 'scratch', 'scratch'],
  ['to a folder that is not there', 'scratch', 'scratch', '/nowhere'],
  ['above it', 'link', 'link/scratch'],
])(
  'a link that the owner planted %s is refused, and what it leads to stays',
  async (_, link, name, to?: string) => {
    const { owners, victim } = site();
    symlinkSync(to ?? victim, path.join(owners, link));
    const { exitCode, stderr } = await makeFolder(path.join(owners, name));
    expect({ exitCode, stderr }).toEqual({
      exitCode: 1,
      stderr: expect.stringContaining(`${link} is a link`),
    });
    expect(seen(victim)).toEqual({ uid: 0, gid: 0, mode: '755' });
    expect(() => statSync(path.join(victim, 'scratch'))).toThrow(/ENOENT/);
  },
);

test.runIf(isRoot)('a folder of root that the owner moved there is not given away', async () => {
  const { owners } = site();
  mkdirSync(path.join(owners, 'scratch'), { mode: 0o750 });
  const { exitCode, stderr } = await makeFolder(path.join(owners, 'scratch'));
  expect({ exitCode, stderr }).toEqual({ exitCode: 1, stderr: expect.stringContaining('belongs to root') });
  expect(seen(path.join(owners, 'scratch'))).toEqual({ uid: 0, gid: 0, mode: '750' });
});

test.runIf(isRoot)('an owner who swaps folder and link all the time gains nothing', async () => {
  const { owners, victim } = site();
  const swap = `cd ${owners}; while :; do mkdir a; ln -sfn ${victim} b; mv -T a between; mv -T between a2; mv -T b between; rm -rf between a2; done`;
  const owner = spawn('sh', ['-c', swap], { ...OWNER, stdio: 'ignore' });
  const ended = once(owner, 'exit');
  try {
    for (let round = 0; round < 25; round += 1) await makeFolder(path.join(owners, 'between/scratch'));
  } finally {
    owner.kill('SIGKILL');
    await ended;
  }
  expect(seen(victim)).toEqual({ uid: 0, gid: 0, mode: '755' });
  expect(() => statSync(path.join(victim, 'scratch'))).toThrow(/ENOENT/);
});

// As nobody, so that a check which is missing or wrong cannot give a folder of this machine away.
test.each(['scratch', '/a/../b', '/a/.', '/a/', '/', '//a', '/a//b', ''])(
  '%j is no path of a folder',
  async (folder) => {
    expect(await makeFolderAsNobody(['10001:10001', '0700', folder])).toEqual({
      exitCode: 1,
      stderr: expect.stringContaining('is not an absolute path'),
    });
  },
);

test.each([
  ['an owner', ['10001', '0700', '/nowhere/scratch'], "'10001' is not USER:GROUP"],
  ['a mode', ['10001:10001', '700', '/nowhere/scratch'], "'700' is not a mode"],
  ['a right to do it', ['10001:10001', '0700', '/nowhere/scratch'], 'must run as root'],
  ['a folder', ['10001:10001', '0700'], 'got 2 arguments'],
])('without %s nothing is begun', async (_, args, told) => {
  expect(await makeFolderAsNobody(args)).toEqual({ exitCode: 1, stderr: expect.stringContaining(told) });
});

/** A folder of root's, in it one of the owner's and one that the owner is after. */
function site() {
  const root = mkdtempSync(path.join(tmpdir(), 'fdts-ops-folder-'));
  onTestFinished(() => rmSync(root, { recursive: true, force: true }));
  chmodSync(root, 0o755);
  const [owners, victim] = [path.join(root, 'owners'), path.join(root, 'victim')];
  for (const folder of [owners, victim]) mkdirSync(folder, { mode: 0o755 });
  chownSync(owners, OWNER.uid, OWNER.gid);
  return { root, owners, victim };
}

function makeFolder(folder: string) {
  return execa(program, [`${OWNER.uid}:${OWNER.gid}`, '0700', folder], { reject: false });
}

async function makeFolderAsNobody(args: readonly string[]) {
  const nobody = isRoot ? { uid: 65_534, gid: 65_534 } : {};
  const { exitCode, stderr } = await execa(program, args, { ...nobody, cwd: '/', reject: false });
  return { exitCode, stderr };
}

function seen(folder: string) {
  const { uid, gid, mode } = statSync(folder);
  return { uid, gid, mode: (mode & 0o777).toString(8) };
}
