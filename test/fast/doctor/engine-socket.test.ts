import { once } from 'node:events';
import { symlinkSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { expect, onTestFinished, test, vi } from 'vitest';
import { requireEngine, socketFinding, wrongEngine } from '../../../workers/engine-socket.ts';
import { hostDoctor } from '../../../workers/host-doctor.ts';
import { newFolder } from '../data-owner/support/build-site.ts';

/** A folder with a socket in it, and a link to that folder as /var/run is one. */
async function engine() {
  const folder = newFolder();
  const socket = join(folder, 'docker.sock');
  const server = createServer().listen(socket);
  await once(server, 'listening');
  onTestFinished(() => void server.close());
  symlinkSync(folder, join(folder, 'run'));
  return { folder, socket };
}

test('the usual engine, named by no variable or by one of its names', async () => {
  const { folder, socket } = await engine();
  for (const named of [undefined, '', `unix://${socket}`, `unix://${join(folder, 'run', 'docker.sock')}`])
    expect(await wrongEngine(named, socket)).toBeNull();
  expect(socketFinding(null).status).toBe('ok');
});

test.each(['unix:///run/user/1000/docker.sock', 'ssh://root@web-2', 'tcp://127.0.0.1:2375'])(
  'DOCKER_HOST points to another one: %s',
  async (named) => {
    const { socket } = await engine();
    const wrong = await wrongEngine(named, socket);
    expect(wrong).toBe(`DOCKER_HOST is ${named}, fdts-ops uses ${socket}`);
    expect(socketFinding(wrong)).toMatchObject({
      status: 'missing',
      getIt: expect.stringContaining('rootless'),
    });
    expect(() => requireEngine(wrong)).toThrow(
      expect.objectContaining({ code: 'WRONG_ENGINE', exitCode: 2 }),
    );
  },
);

test('doctor says so of the shell that it is called in', async () => {
  const file = join(newFolder(), 'host.yml');
  writeFileSync(file, 'host: { name: web-1 }\n');
  vi.stubEnv('DOCKER_HOST', 'tcp://127.0.0.1:2375');
  onTestFinished(() => void vi.unstubAllEnvs());
  expect((await hostDoctor({}, file)).find(({ name }) => name === 'socket of Docker')).toMatchObject({
    status: 'missing',
    found: expect.stringContaining('DOCKER_HOST is tcp://127.0.0.1:2375'),
  });
});

test('no socket there, or something else', async () => {
  const { folder } = await engine();
  writeFileSync(join(folder, 'file'), '');
  for (const name of ['none', 'file'])
    expect(await wrongEngine(undefined, join(folder, name))).toMatch(/^no socket .*, which fdts-ops uses$/);
});
