import { setTimeout as delay } from 'node:timers/promises';
import { afterEach, beforeAll, beforeEach, expect, test } from 'vitest';
import { releaseVersion } from '../../sandbox/release-version.ts';
import { environment, type TestEnvironment } from '../support/environment.ts';
import { type BusyUsers, busyUsers } from '../support/window/busy-users.ts';
import { journalOf } from '../support/window/host-journal.ts';
import { containersAndImages, expectHostFree, servedVersion } from '../support/window/host-state.ts';
import { startApprovedWindow } from '../support/window/window-run.ts';

let env: TestEnvironment;
let users: BusyUsers;

// Longer than a heartbeat time-out: the server starts a second attempt of what goes on meanwhile.
const OUTAGE_MS = 15_000;

beforeAll(async () => {
  env = await environment();
});
beforeEach(async () => {
  await env.host.resetFdts();
  users = await busyUsers(env.host);
}, 120_000);
afterEach(async () => {
  await env.server.start();
  await expectHostFree(env.host);
  await users.expectNothingLost();
}, 60_000);

test('the server is killed while FDTS is down and comes back: the window completes', {
  timeout: 600_000,
}, async () => {
  const { host, client, server } = env;
  await releaseVersion(host, { version: '1.1.0' });
  const run = await startApprovedWindow(client);
  await run.reaches('settle-database');
  await server.kill();
  await delay(OUTAGE_MS);
  await server.start();
  expect(await run.ended()).toMatchObject({ status: 'COMPLETED', outcome: 'completed' });
  expect(await servedVersion(host)).toBe('1.1.0');
  const changes = await journalOf(host, run.handle.workflowId);
  const overlapping = changes.filter(
    ({ begun_at }, index) => begun_at < (changes[index - 1]?.ended_at ?? ''),
  );
  expect(overlapping).toEqual([]);
});

test('the server is lost for good: "recover" ends the window, and the run of a server that returns stands back', {
  timeout: 600_000,
}, async () => {
  const { host, client, server } = env;
  await releaseVersion(host, { version: '1.1.0' });
  const run = await startApprovedWindow(client);
  await run.reaches('settle-database');
  await server.kill();
  const { stdout } = await host.exec(['fdts-ops', 'recover', '--yes', '--json']);
  expect(JSON.parse(stdout)).toMatchObject({
    recovered: true,
    outcome: 'rolled-back',
    workflowId: run.handle.workflowId,
  });
  await expectHostFree(host);
  expect(await servedVersion(host)).toBe('1.0.0');

  const recovered = await containersAndImages(host);
  await server.start();
  const end = await run.ended();
  expect(end).toMatchObject({ status: 'FAILED', outcome: 'rolled-back' });
  expect(end.because).toMatch(/^ended on the host by fdts-ops recover, or by an emergency, as rolled-back; /);
  expect(end.report?.commandsLeft).toEqual([]);
  expect(await containersAndImages(host)).toEqual(recovered);
});
