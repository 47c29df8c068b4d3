import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { displayCommand } from '../../../activities/adapters/command/command.ts';
import {
  readWaitAnswer,
  rootTaskUnit,
  startRootTask,
  waitRootTask,
} from '../../../activities/adapters/command/root-task.ts';
import { exactPackage, readPackagePlan } from '../../../activities/adapters/machine/package-plan.ts';
import {
  deferredRestarts,
  installedVersions,
  readAudit,
  readInstalledVersions,
  rebootRequired,
} from '../../../activities/adapters/machine/packages.ts';

describe('what an upgrade would do', () => {
  it('is nothing when apt prints no plan', () => {
    expect(readPackagePlan('Reading package lists...\n0 upgraded, 0 newly installed')).toEqual([]);
  });

  it('has exact versions, tells security updates and new packages, from real output', async () => {
    const plan = readPackagePlan(await readFile(new URL('captured/apt-plan.txt', import.meta.url), 'utf8'));
    expect(plan.slice(0, 3)).toEqual([
      { name: 'base-files', from: '12.4+deb12u11', to: '12.4+deb12u15', security: false },
      { name: 'bash', from: '5.2.15-2+b8', to: '5.2.15-2+b13', security: false },
      { name: 'libgcrypt20-dev', from: '1.10.1-3', to: '1.10.1-3+deb12u1', security: true },
    ]);
    expect(plan.find(({ name }) => name.startsWith('linux-image'))).toMatchObject({
      from: null,
      security: true,
    });
    expect(plan.map(exactPackage)).toContain('libc6:i386=2.36-9+deb12u13');
  });
});

describe('installed versions', () => {
  it('leave out what is removed but configured, and know names with an architecture', () => {
    const printed =
      'installed\tlibc6:amd64\tlibc6\t2.36\ninstalled\tlibc6:i386\tlibc6\t2.35\nconfig-files\tbash\tbash\t5.2\n';
    expect(readInstalledVersions(printed, ['libc6', 'libc6:i386', 'bash'])).toEqual({
      libc6: '2.36',
      'libc6:i386': '2.35',
    });
  });

  it('come from this machine, without what it does not have', async () => {
    const versions = await installedVersions(['dpkg', 'fdts-no-such-package'], { timeoutMs: 10_000 });
    expect(Object.keys(versions)).toEqual(['dpkg']);
  });
});

describe('a root task', () => {
  it('that left no result is not taken for a success', () => {
    expect(readWaitAnswer('')).toEqual({ state: 'lost', exitCode: null, output: '' });
    expect(readWaitAnswer('lost\n').state).toBe('lost');
    expect(readWaitAnswer('finished 100\nfoo\n')).toEqual({
      state: 'finished',
      exitCode: 100,
      output: 'foo\n',
    });
  });

  it('has the same unit for the same step and arguments, and another for a changed plan', () => {
    const step = { run: '20261101T020000Z', step: 'install packages' };
    expect(rootTaskUnit(step)).toBe('fdts-ops-20261101t020000z-install-packages');
    expect(rootTaskUnit(step, ['a=1'])).toBe(rootTaskUnit(step, ['a=1']));
    expect(rootTaskUnit(step, ['a=1'])).not.toBe(rootTaskUnit(step, ['a=2']));
  });

  it('is shown as an operator would type it', () => {
    expect(displayCommand(startRootTask('fdts-ops-r-s', 'apt-install', ['bash=5.2-1']))).toMatch(
      /^(sudo -n )?\/usr\/lib\/fdts-ops\/root-task start fdts-ops-r-s apt-install bash=5\.2-1$/,
    );
    expect(displayCommand(waitRootTask('fdts-ops-r-s'))).toBe(
      '/usr/lib/fdts-ops/root-task wait fdts-ops-r-s',
    );
  });
});

describe('what an upgrade leaves to do', () => {
  let folder = '';
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'fdts-ops-packages-'));
  });
  afterAll(() => rm(folder, { recursive: true }));

  it('names packages that are half configured', () => {
    const printed =
      'The following packages are only half configured, probably due to problems\nconfiguring them the first time.\n fdts-slow            restarts Docker\n libx:amd64 y\n\n';
    expect(readAudit(printed)).toEqual(['fdts-slow', 'libx:amd64']);
    expect(readAudit('')).toEqual([]);
  });

  it('is nothing when nothing was noted', async () => {
    expect(await rebootRequired(folder)).toEqual({ required: false, packages: [] });
    expect(await deferredRestarts(join(folder, 'none'))).toEqual([]);
  });

  it('names the packages that want a reboot, each once', async () => {
    await writeFile(join(folder, 'reboot-required'), '*** System restart required ***\n');
    await writeFile(join(folder, 'reboot-required.pkgs'), 'linux-base\ndbus\nlinux-base\n');
    expect(await rebootRequired(folder)).toEqual({ required: true, packages: ['linux-base', 'dbus'] });
  });
});
