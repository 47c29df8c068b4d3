import { mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { connectDocker } from '../../../activities/adapters/docker/docker.ts';

const COPY = 'fdts-ops-copy-20261130-020000-rehearsal';

test('a container that an attempt before is still removing is waited for: else it would vanish from under the new copy', async () => {
  const engine = await engineThatIsSlow({
    path: '/containers/json',
    left: [{ Id: 'a'.repeat(64), Names: ['/app'], State: 'removing' }],
    none: [],
  });
  await engine.docker.removeCopyContainers(COPY);
  expect(engine.asked()).toBe(4);
});

test('a volume that is still used a moment later is asked again; one that stays used is named, and is no failure', async () => {
  const used = { path: '/volumes', left: { Volumes: [{ Name: `${COPY}_data` }] }, none: { Volumes: [] } };
  const freed = await engineThatIsSlow(used);
  expect(await freed.docker.removeCopyObjects(COPY)).toEqual([]);
  expect(freed.asked()).toBe(4);
  const kept = await engineThatIsSlow({ ...used, none: used.left });
  expect(await kept.docker.removeCopyObjects(COPY)).toEqual([`volume ${COPY}_data`]);
});

/** A made-up engine, which says 409 to every removal and lists something else from the fourth time on: a real one cannot be told to. */
async function engineThatIsSlow({ path, left, none }: { path: string; left: unknown; none: unknown }) {
  const folder = await mkdtemp(join(tmpdir(), 'fdts-ops-engine-'));
  const socket = join(folder, 'docker.sock');
  let asked = 0;
  const engine = createServer(({ method, url }, response) => {
    const answer = (status: number, body: unknown) =>
      response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
    if (method === 'DELETE') return answer(409, { message: 'it is in use, or being removed' });
    if (url?.includes(path) !== true) return answer(200, []);
    asked += 1;
    return answer(200, asked > 3 ? none : left);
  }).listen(socket);
  onTestFinished(async () => {
    engine.close();
    await rm(folder, { recursive: true });
  });
  return { docker: connectDocker(socket), asked: () => asked };
}
