import { mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { connectDocker } from '../../../activities/adapters/docker/docker.ts';

const COPY = 'fdts-ops-copy-20261130-020000-rehearsal';

// A made-up engine: how long a real one is about a removal cannot be chosen.
test('a container that an attempt before is still removing is waited for: else it would vanish from under the new copy', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'fdts-ops-engine-'));
  const socket = join(folder, 'docker.sock');
  let listings = 0;
  const engine = createServer(({ method }, response) => {
    const answer = (status: number, body: unknown) =>
      response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
    if (method === 'DELETE') return answer(409, { message: 'removal is already in progress' });
    listings += 1;
    return answer(200, listings > 3 ? [] : [{ Id: 'a'.repeat(64), Names: ['/app'], State: 'removing' }]);
  }).listen(socket);
  onTestFinished(async () => {
    engine.close();
    await rm(folder, { recursive: true });
  });
  await connectDocker(socket).removeCopyContainers(COPY);
  expect(listings).toBe(4);
});
