import { createHash } from 'node:crypto';
import { mkdtemp, writeFile } from 'node:fs/promises';
import type { Server } from 'node:http';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { Worker } from '@temporalio/worker';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { freePort } from '../../../sandbox/free-port.ts';
import { waitUntil } from '../../../sandbox/wait-until.ts';
import { serveHealth } from '../../../workers/health-endpoint.ts';
import { startTemporalWorld, type TemporalWorld } from '../../support/temporal-world.ts';

let world: TemporalWorld;
let endpoint: Server | undefined;

beforeAll(async () => {
  world = await startTemporalWorld();
});
afterAll(async () => {
  endpoint?.close();
  await world.end();
});

it('answers 200 only while every worker takes work, and names the one that does not', async () => {
  const staying = await workerOn('staying');
  const leaving = await workerOn('leaving');
  const port = await freePort();
  const file = path.join(await mkdtemp(path.join(tmpdir(), 'fdts-ops-health-')), 'host.yml');
  await writeFile(file, 'as it was read');
  endpoint = await serveHealth(port, { control: staying, host: leaving }, file);
  await writeFile(file, 'changed since');
  const health = async (path = '/healthz') => {
    const answer = await fetch(`http://127.0.0.1:${port}${path}`);
    return { status: answer.status, body: await answer.text() };
  };
  const states = async () => JSON.parse((await health()).body).workers;

  expect((await health()).status).toBe(503);
  const done = [staying.run(), leaving.run()];
  await waitUntil('both take work', async () => (await health()).status === 200, 10_000);
  expect(await states()).toEqual({ control: 'RUNNING', host: 'RUNNING' });
  expect(JSON.parse((await health()).body).pid).toBe(process.pid);
  const asRead = createHash('sha256').update('as it was read').digest('hex');
  expect(JSON.parse((await health()).body).configuration).toBe(asRead);
  expect((await health('/elsewhere')).status).toBe(404);

  leaving.shutdown();
  await done[1];
  expect((await health()).status).toBe(503);
  expect(await states()).toEqual({ control: 'RUNNING', host: 'STOPPED' });
  staying.shutdown();
  await done[0];
});

function workerOn(taskQueue: string): Promise<Worker> {
  return Worker.create({
    connection: world.env.nativeConnection,
    taskQueue,
    activities: { nothing: () => Promise.resolve() },
  });
}
