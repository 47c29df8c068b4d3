import { mkdtemp, rm } from 'node:fs/promises';
import { createServer as createHttpServer } from 'node:http';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { connectDocker } from '../../../activities/adapters/docker/docker.ts';

test('an engine that takes a question and never answers counts as down, instead of holding a step for ever', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'fdts-ops-engine-'));
  const socket = join(folder, 'docker.sock');
  const mute = createServer().listen(socket);
  onTestFinished(async () => {
    mute.close();
    await rm(folder, { recursive: true });
  });
  const asked = connectDocker(socket, 200).projectContainers('fdts');
  await expect(asked).rejects.toMatchObject({ code: 'ENGINE_DOWN', retryable: true });
});

test('a restart is waited for as long as the container may take to end', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'fdts-ops-engine-'));
  const socket = join(folder, 'docker.sock');
  const slow = createHttpServer((_request, response) => {
    setTimeout(() => response.writeHead(204).end(), 600);
  }).listen(socket);
  onTestFinished(async () => {
    slow.close();
    await rm(folder, { recursive: true });
  });
  await expect(connectDocker(socket, 200).restartContainer('app', 10)).resolves.toBeUndefined();
});
