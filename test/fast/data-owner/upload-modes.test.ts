import {
  chmodSync,
  chownSync,
  linkSync,
  lstatSync,
  mkdirSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { operations } from '../../../activities/adapters/data-owner/operations/index.ts';
import { buildSite, context, owner } from './support/build-site.ts';

function site() {
  const { uploads, root } = buildSite({ files: 4 });
  chmodSync(uploads, 0o750);
  return { uploads, root, look: () => operations.findWrongModes({ uploads, owner }) };
}

async function repair({ uploads, look }: ReturnType<typeof site>) {
  const { wrong } = await look();
  const entries = wrong.map(({ path, wanted }) => ({ path, ...wanted }));
  return operations.setModes({ uploads, entries }, context);
}

const modeOf = (path: string) => (statSync(path).mode & 0o777).toString(8);

test('what chmod -R 644 did is repaired: folders get their x bit, files stay, the folder itself stays as closed as it was', async () => {
  const at = site();
  chmodSync(join(at.uploads, '2025'), 0o644);
  chmodSync(join(at.uploads, 'upload-0.bin'), 0o600);
  expect((await at.look()).wrong.map(({ path, mode }) => [path, mode.toString(8)])).toEqual([
    ['2025', '644'],
    ['upload-0.bin', '600'],
  ]);
  expect(await repair(at)).toEqual({ changed: 2, left: 0 });
  expect(modeOf(join(at.uploads, '2025'))).toBe('755');
  expect(modeOf(join(at.uploads, 'upload-0.bin'))).toBe('644');
  expect(modeOf(at.uploads)).toBe('750');
  expect((await at.look()).wrong).toEqual([]);
});

test('a folder that nobody may enter, and entries of another owner, are repaired too', async () => {
  const at = site();
  chmodSync(join(at.uploads, '2025'), 0);
  if (process.getuid?.() === 0) chownSync(join(at.uploads, 'upload-2.bin'), 0, 0);
  await repair(at);
  expect(modeOf(join(at.uploads, '2025'))).toBe('755');
  expect(statSync(join(at.uploads, 'upload-2.bin'))).toMatchObject({ uid: owner.uid, gid: owner.gid });
});

test('an entry whose name is not UTF-8 is repaired like any other', async () => {
  const at = site();
  const odd = Buffer.concat([Buffer.from(`${at.uploads}/`), Buffer.from('\xe9t\xe9.jpg', 'latin1')]);
  writeFileSync(odd, 'x', { mode: 0o600 });
  expect(await repair(at)).toEqual({ changed: 1, left: 0 });
  expect(statSync(odd).mode & 0o777).toBe(0o644);
});

test('no link is followed, in the way or at its end, and a file with a second name is left alone', async () => {
  const at = site();
  const outside = join(at.root, 'outside');
  mkdirSync(outside);
  writeFileSync(join(outside, 'secret'), 'x', { mode: 0o600 });
  symlinkSync(outside, join(at.uploads, 'way'));
  symlinkSync(join(outside, 'secret'), join(at.uploads, 'end'));
  linkSync(join(outside, 'secret'), join(at.uploads, 'second-name'));
  const entries = ['way/secret', 'end', 'second-name', '../outside/secret', 'gone', 'way'].map((path) => ({
    path,
    mode: 0o644,
    ...owner,
  }));
  expect(await operations.setModes({ uploads: at.uploads, entries }, context)).toEqual({
    changed: 0,
    left: 6,
  });
  expect(modeOf(join(outside, 'secret'))).toBe('600');
  expect(lstatSync(join(at.uploads, 'way')).isSymbolicLink()).toBe(true);
  expect((await at.look()).others).toBe(2);
});
