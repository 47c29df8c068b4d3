import { execFileSync } from 'node:child_process';
import { createWriteStream } from 'node:fs';
import { chmod, mkdir, mkdtemp, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { isShipped, shipProgram } from '../../../setup/ship-program.ts';

let folder = '';
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'fdts-ops-ship-'));
});
afterEach(() => rm(folder, { recursive: true }));

const put = async (path: string, content = ''): Promise<void> => {
  await mkdir(join(folder, path, '..'), { recursive: true });
  await writeFile(join(folder, path), content);
};

it('says to build first when there is nothing to ship', async () => {
  await expect(pipeline(shipProgram(folder), createWriteStream('/dev/null'))).rejects.toThrow(
    /Next: npm run build/,
  );
});

it('ships the program with its run-time packages only, owned by root', async () => {
  const packages = {
    '': {},
    'node_modules/a': {},
    'node_modules/a/node_modules/b': {},
    'node_modules/d': { dev: true },
    'node_modules/other-os': { optional: true },
  };
  await put('package-lock.json', JSON.stringify({ packages }));
  await put('package.json', '{}');
  await put('dist/bin/fdts-ops.js', '//');
  await chmod(join(folder, 'dist/bin/fdts-ops.js'), 0o755);
  await put('node_modules/a/index.js', 'a'.repeat(100_000));
  await put('node_modules/a/node_modules/b/index.js');
  await put('node_modules/a/node_modules/not-listed/index.js');
  await put('node_modules/d/index.js');
  const tar = join(folder, 'out.tar');
  await pipeline(shipProgram(folder), createWriteStream(tar));
  const listed = execFileSync('tar', ['-tvf', tar, '--numeric-owner'], { encoding: 'utf8' });
  const files = listed
    .split('\n')
    .filter((line) => line.startsWith('-'))
    .map((line) => line.split(' ').at(-1));
  expect(files).toEqual([
    'dist/bin/fdts-ops.js',
    'package.json',
    'node_modules/a/index.js',
    'node_modules/a/node_modules/b/index.js',
  ]);
  expect(listed).toMatch(/^-rwxr-xr-x 0\/0 .*fdts-ops\.js$/m);
  await mkdir(join(folder, 'unpacked'));
  execFileSync('tar', ['-C', join(folder, 'unpacked'), '-xf', tar]);
  expect((await stat(join(folder, 'unpacked/node_modules/a/index.js'))).size).toBe(100_000);
});

it('leaves out binaries of other platforms and leftovers of compiling', () => {
  const bridge = 'node_modules/@temporalio/core-bridge';
  expect(isShipped(`${bridge}/releases/x86_64-unknown-linux-gnu/index.node`, 'x64')).toBe(true);
  expect(isShipped(`${bridge}/releases/aarch64-unknown-linux-gnu/index.node`, 'x64')).toBe(false);
  expect(isShipped(`${bridge}/releases/x86_64-pc-windows-msvc`, 'x64')).toBe(false);
  expect(isShipped(`${bridge}/sdk-core`)).toBe(false);
  expect(isShipped('node_modules/better-sqlite3/build/Release/better_sqlite3.node')).toBe(true);
  expect(isShipped('node_modules/better-sqlite3/build/Release/obj.target/x.o')).toBe(false);
});
