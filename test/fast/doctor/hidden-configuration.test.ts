import { chmodSync, mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { expect, test } from 'vitest';
import { loadControl } from '../../../client/load-control.ts';
import { lookForFile } from '../../../config/look-for-file.ts';
import { hostDoctor } from '../../../workers/host-doctor.ts';
import { newFolder } from '../data-owner/support/build-site.ts';

const NOBODY = 65_534;

/** Work with a configuration as on an installed host, as a user who may not enter its folder. */
async function withHidden(work: (file: string) => Promise<void>): Promise<void> {
  const parent = newFolder();
  chmodSync(parent, 0o755);
  const folder = path.join(parent, 'fdts-ops');
  mkdirSync(folder);
  const file = path.join(folder, 'host.yml');
  writeFileSync(file, 'host: { name: web-1 }\n');
  chmodSync(folder, 0);
  // Root enters every folder.
  const isRoot = process.geteuid?.() === 0;
  if (isRoot) process.seteuid?.(NOBODY);
  try {
    await work(file);
  } finally {
    if (isRoot) process.seteuid?.(0);
    chmodSync(folder, 0o700);
  }
}

test('a configuration that this user may not read is told so, with what to do, and not taken for absent', () =>
  withHidden(async (file) => {
    expect(await lookForFile(file)).toBe('hidden');
    expect(await hostDoctor({}, file)).toEqual([
      {
        name: 'host role',
        status: 'warning',
        found: `not looked at: ${file} is not readable for this user, if it is there`,
        getIt: 'use sudo: sudo fdts-ops doctor',
      },
    ]);
    await expect(loadControl(undefined, ['/nonexistent/control.yml', file])).rejects.toMatchObject({
      code: 'CONFIGURATION_HIDDEN',
      exitCode: 2,
      message: expect.stringContaining(`${file} cannot be read by this user`),
      hint: expect.stringContaining('sudo'),
    });
  }));

test('a machine without a configuration is no host, and that is fine', async () => {
  const file = path.join(newFolder(), 'host.yml');
  expect(await hostDoctor({}, file)).toEqual([
    { name: 'host role', status: 'ok', found: `not a host: no ${file}` },
  ]);
  await expect(loadControl(undefined, [file])).rejects.toMatchObject({ code: 'NO_CONFIGURATION' });
});
