import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { askOnce } from '../../../setup/consent.mjs';
import { ensureNodeModules } from '../../../setup/node-modules.mjs';
import { listStarted } from '../../../setup/state.ts';
import { machineFolder } from '../../../setup/state-base.mjs';
import { type FakeMachine, fakeMachine } from './support/fake-machine.ts';

let machine: FakeMachine;
let checkout: string;
beforeEach(() => {
  machine = fakeMachine();
  checkout = mkdtempSync(join(tmpdir(), 'fdts-ops-checkout-'));
  writeFileSync(join(checkout, 'package-lock.json'), '{}');
  for (const [name, value] of Object.entries(machine.env)) vi.stubEnv(name, value);
  vi.stubEnv('PATH', machine.bin);
  vi.stubEnv('npm_execpath', undefined);
  vi.spyOn(process, 'getuid').mockReturnValue(0);
  machine.command('dpkg-query', 'exit 1');
  machine.command('python3', '');
  machine.command('npm', '[ -e compilers ] && mkdir -p "$OLDPWD/node_modules"');
  machine.command('apt-get', 'touch compilers');
});
afterEach(() => {
  vi.unstubAllEnvs();
  vi.restoreAllMocks();
});

describe('npm packages that have to be compiled', () => {
  it('get the compilers that are missing, which are remembered as installed by set-up', async () => {
    await askOnce(['make', 'g++'], 'Install?', () => Promise.resolve(true));
    ensureNodeModules(checkout, []);
    expect(machine.log().filter((line) => line.includes('install'))).toEqual([
      expect.stringMatching(/^apt-get .*install .*make g\+\+$/),
    ]);
    expect(listStarted('packages', machineFolder())).toEqual([
      { name: 'compilers', thing: { names: ['make', 'g++'], why: 'to compile better-sqlite3' } },
    ]);
  });

  it('are not compiled against the will of a person, who gets the command', async () => {
    await askOnce(['make', 'g++'], 'Install?', () => Promise.resolve(false));
    expect(() => ensureNodeModules(checkout, ['make', 'docker.io'])).toThrow(
      /these are missing: make, g\+\+[^]*apt-get install -y make g\+\+ docker\.io'/,
    );
    expect(machine.log().filter((line) => line.startsWith('apt-get'))).toEqual([]);
    expect(listStarted('packages', machineFolder())).toEqual([]);
  });
});
