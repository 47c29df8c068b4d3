import { mkdtempSync, readdirSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeEach, describe, expect, it } from 'vitest';
import { dockerPrefix, isOfInstance } from '../../../setup/docker-objects.ts';
import { instanceId, stateFolder, testInstanceId } from '../../../setup/instance.ts';
import { forgetStarted, listStarted, recallStarted, rememberStarted } from '../../../setup/state.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'fdts-ops-state-'));
});

const engine = { how: 'by-hand', identity: { pid: 4711, startTicks: '99', bootId: 'b' } } as const;

describe('what set-up started', () => {
  it('is remembered until it is forgotten', () => {
    expect(recallStarted('engine', 'docker', folder)).toBeUndefined();
    rememberStarted('engine', 'docker', engine, folder);
    rememberStarted('packages', 'debian', { names: ['chromium'], why: 'tests' }, folder);
    expect(recallStarted('engine', 'docker', folder)).toEqual(engine);
    expect(listStarted('packages', folder)).toEqual([
      { name: 'debian', thing: { names: ['chromium'], why: 'tests' } },
    ]);
    forgetStarted('engine', 'docker', folder);
    forgetStarted('engine', 'docker', folder);
    expect(recallStarted('engine', 'docker', folder)).toBeUndefined();
  });

  it('is replaced as a whole, and leaves no half file behind', () => {
    rememberStarted('packages', 'debian', { names: ['one'], why: 'x' }, folder);
    rememberStarted('packages', 'debian', { names: ['one', 'two'], why: 'x' }, folder);
    expect(recallStarted('packages', 'debian', folder)?.names).toEqual(['one', 'two']);
    expect(readdirSync(join(folder, 'started'))).toEqual(['packages.debian.json']);
  });

  it('in a damaged file is refused with the path and what to do', () => {
    rememberStarted('engine', 'docker', engine, folder);
    const file = join(folder, 'started', 'engine.docker.json');
    writeFileSync(file, '{"how":"by-magic"}');
    expect(() => recallStarted('engine', 'docker', folder)).toThrow(
      new RegExp(`${file}[^]*by-magic[^]*next:.*remove the file`),
    );
    writeFileSync(file, '{"how":');
    expect(() => listStarted('engine', folder)).toThrow(/cannot be read/);
  });
});

describe('an instance', () => {
  it('is named after the checkout, and the tests have another one', () => {
    expect(instanceId({})).toMatch(/^[0-9a-f]{8}$/);
    expect(testInstanceId()).toBe(`test-${instanceId({})}`);
    expect(instanceId({ FDTS_OPS_INSTANCE: 'mine-2' })).toBe('mine-2');
    expect(stateFolder({ XDG_STATE_HOME: '/x', FDTS_OPS_INSTANCE: 'mine' })).toBe('/x/fdts-ops/mine');
  });

  it('with an unusable name is refused', () => {
    expect(() => instanceId({ FDTS_OPS_INSTANCE: '../x' })).toThrow(
      /got: +"..\/x"[^]*expected: .*lower-case/,
    );
  });

  it('owns the Docker objects with its name, and none of another instance', () => {
    const mine = dockerPrefix('abc');
    expect(isOfInstance(mine, 'abc')).toBe(true);
    expect(isOfInstance(`${mine}-host-docker`, 'abc')).toBe(true);
    expect(isOfInstance(`${mine}d`, 'abc')).toBe(false);
    expect(isOfInstance(dockerPrefix('test-abc'), 'abc')).toBe(false);
    expect(isOfInstance('fdts_app_1', 'abc')).toBe(false);
  });
});
