import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { beforeEach, describe, expect, it } from 'vitest';
import { forgetStarted, recallStarted, rememberStarted } from '../../../setup/state.ts';
import { machineFolder } from '../../../setup/state-base.mjs';
import { type FakeMachine, fakeMachine } from './support/fake-machine.ts';

const others = { image: 'debian:bookworm-slim', volume: 'somebody-elses' };
const ours = {
  images: ['fdts-ops-sandbox/host-ready:0a1b2c', 'fdts-ops-sandbox/app:3d4e5f'],
  volumes: ['fdts-ops-sandbox-docker-0a1b2c', 'fdts-ops-sandbox-project-0a1b2c'],
};

let machine: FakeMachine;
let shared: string;
beforeEach(() => {
  machine = fakeMachine();
  machine.has('image', [...ours.images, others.image]);
  machine.has('volume', [...ours.volumes, others.volume]);
  shared = machineFolder(machine.env);
});

describe('npm run demo:down, after a demo that stopped its Docker engine', () => {
  it('starts the engine, removes what the demo kept, and stops it again', async () => {
    rememberStarted('cache', 'docker', { engine: 'by-hand' }, shared);
    const { exitCode, all } = await machine.run('demo-down.ts');
    expect(all).toContain(`removed 2 images: ${ours.images.join(', ')}`);
    expect(all).toContain(`removed 2 volumes: ${ours.volumes.join(', ')}`);
    expect(exitCode).toBe(0);
    expect(machine.list('image')).toEqual([others.image]);
    expect(machine.list('volume')).toEqual([others.volume]);
    expect(machine.log().filter((line) => line.startsWith('engine'))).toEqual([
      'engine started',
      'engine stopped',
    ]);
    expect(machine.engineRuns).toBe(false);
    expect(recallStarted('cache', 'docker', shared)).toBeUndefined();
  });

  it('fails with the command when the engine cannot be started, and the next try still knows of it', async () => {
    rememberStarted('cache', 'docker', { engine: 'by-hand' }, shared);
    for (const name of ['dockerd', 'systemctl']) machine.command(name, 'echo no >&2; exit 1');
    const { exitCode, all } = await machine.run('demo-down.ts');
    expect(all).toMatch(
      /NOT removed: .*images of ours[^]*next: start it: sudo dockerd, then: npm run demo:down/,
    );
    expect(exitCode).toBe(1);
    expect(recallStarted('cache', 'docker', shared)).toEqual({ engine: 'by-hand' });
  });

  it('leaves an engine of somebody else to its owner, and fails with what to do', async () => {
    rememberStarted('cache', 'docker', { engine: 'not-ours' }, shared);
    const { exitCode, all } = await machine.run('demo-down.ts');
    expect(all).toMatch(/NOT removed[^]*got: +Cannot connect[^]*next: start it/);
    expect(exitCode).toBe(1);
    expect(machine.engineRuns).toBe(false);
  });

  it('removes what is left of a kept demo whose engine went with the machine', async () => {
    machine.has('container', ['fdts-ops-fake-host']);
    const gone = { pid: 4711, startTicks: '1', bootId: 'of an earlier boot' };
    rememberStarted(
      'engine',
      'docker',
      { how: 'by-hand', identity: gone },
      join(machine.env['XDG_STATE_HOME'] ?? '', 'fdts-ops', 'fake'),
    );
    const { exitCode } = await machine.run('demo-down.ts');
    expect(exitCode).toBe(0);
    expect(machine.list('container')).toEqual([]);
    expect(machine.list('volume')).toEqual([others.volume]);
    expect(machine.engineRuns).toBe(false);
  });
});

describe('npm run demo:down', () => {
  it('has nothing to do where no engine was ever used', async () => {
    forgetStarted('cache', 'docker', shared);
    const { exitCode, all } = await machine.run('demo-down.ts');
    expect(all).toContain('nothing of ours is known to be in one');
    expect(exitCode).toBe(0);
    expect(machine.engineRuns).toBe(false);
  });

  it('keeps what another checkout needs, and an engine that it did not start', async () => {
    rememberStarted('cache', 'docker', { engine: 'not-ours' }, shared);
    machine.startEngine();
    machine.has('container', ['fdts-ops-test-1234-host']);
    const { exitCode, all } = await machine.run('demo-down.ts');
    expect(all).toContain('stay: fdts-ops-test-1234-host of another checkout may need them');
    expect(exitCode).toBe(0);
    expect(machine.list('image')).toEqual([...ours.images, others.image]);
    expect(machine.engineRuns).toBe(true);
    expect(recallStarted('cache', 'docker', shared)).toEqual({ engine: 'not-ours' });
  });

  it('names the packages that set-up installed, from whatever instance, and the cache outside the checkout', async () => {
    machine.command('dpkg-query', "printf 'docker.io ii \\nmake ii \\niptables rc \\n'");
    rememberStarted('packages', 'debian', { names: ['docker.io', 'iptables'], why: 'x' }, shared);
    rememberStarted('packages', 'compilers', { names: ['make'], why: 'x' }, shared);
    mkdirSync(join(machine.env['XDG_CACHE_HOME'] ?? '', 'fdts-ops'), { recursive: true });
    const { all } = await machine.run('demo-down.ts');
    expect(all).toMatch(/installed stay: docker\.io make\n +to remove them: apt-get purge docker\.io make\n/);
    expect(all).toMatch(/cache outside the checkout stays .*\/cache\/fdts-ops\n +to remove it: rm -r /);
  });
});
