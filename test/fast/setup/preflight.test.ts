import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { ensureDebianPackages } from '../../../setup/debian-packages.ts';
import { preflight } from '../../../setup/preflight.mjs';
import { listStarted, rememberStarted } from '../../../setup/state.ts';
import { machineFolder } from '../../../setup/state-base.mjs';
import { type FakeMachine, fakeMachine } from './support/fake-machine.ts';

let machine: FakeMachine;
let questions: string[];
const answer = (agreed: boolean) => (question: string) => {
  questions.push(question);
  return Promise.resolve(agreed);
};
const never = () => Promise.reject(new Error('nobody is asked twice'));

beforeEach(() => {
  machine = fakeMachine();
  questions = [];
  for (const [name, value] of Object.entries(machine.env)) vi.stubEnv(name, value);
  vi.stubEnv('PATH', machine.bin);
  vi.stubEnv('FDTS_OPS_LEAVE_TO_INSTALL', undefined);
  vi.stubEnv('FDTS_OPS_CHROMIUM', undefined);
  asUser(0);
  machine.later('dockerd');
  // Nothing is installed but what apt-get installed here.
  machine.command('dpkg-query', 'touch installed; while read -r name; do echo "$name ii "; done < installed');
  machine.command('apt-get', 'for name; do echo "$name" >> installed; done');
  machine.command('apt-cache', 'echo "Candidate: (none)"');
});
afterEach(() => {
  vi.unstubAllEnvs();
  vi.restoreAllMocks();
});

describe('before anything is installed', () => {
  it('one question names everything that is missing, and nobody is asked again', async () => {
    await preflight('demo', false, answer(true));
    expect(questions).toHaveLength(1);
    for (const name of ['make', 'g++', 'python3', 'docker.io', 'docker-compose', 'iptables', 'debootstrap'])
      expect(questions[0]).toContain(name);
    await ensureDebianPackages(['docker.io', 'docker-cli?'], 'The sandbox', never);
    await ensureDebianPackages(['debootstrap'], 'The base image', never);
    expect(listStarted('packages', machineFolder()).map(({ thing }) => thing.names)).toEqual([
      ['debootstrap', 'docker.io'],
    ]);
  });

  it('a no counts for all of it', async () => {
    await preflight('demo', true, answer(false));
    await expect(ensureDebianPackages(['docker.io'], 'The sandbox', never)).rejects.toThrow(
      /needs packages that are not installed: docker\.io\.\n +got: +not installed, as you said/,
    );
    expect(machine.log().filter((line) => line.startsWith('apt-get'))).toEqual([]);
  });

  it('a package that was not foreseen is asked about by itself', async () => {
    await preflight('demo', true, answer(true));
    await ensureDebianPackages(['age'], 'The test of the bundle', answer(true));
    expect(questions[1]).toBe('The test of the bundle needs age. Install with apt-get?');
  });

  it('somebody who is not root gets one command for everything, at once', async () => {
    asUser(1000);
    await expect(preflight('demo', false, never)).rejects.toThrow(
      /got: +this runs as user 1000[^]*next: +sudo sh -c 'apt-get update && apt-get install -y make g\+\+ python3 docker\.io docker-compose iptables debootstrap debian-archive-keyring && systemctl start docker && usermod -aG docker "\$SUDO_USER"'/,
    );
  });

  it('nothing is asked where nothing is missing, or where it was not needed before', async () => {
    machine.startEngine();
    rememberStarted('cache', 'docker', { engine: 'not-ours' }, machineFolder());
    expect(await preflight('demo', true, never)).toEqual([]);
    expect(await preflight('build', true, never)).toEqual([]);
  });

  it('the tests ask about their own tools in the same question', async () => {
    await preflight('test', true, answer(true));
    for (const name of ['docker.io', 'sqlite3', 'libarchive-tools', 'age', 'chromium'])
      expect(questions[0]).toContain(name);
    expect(questions).toHaveLength(1);
  });
});

function asUser(uid: number): void {
  vi.spyOn(process, 'getuid').mockReturnValue(uid);
}
