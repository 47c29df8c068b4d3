import { afterEach, beforeAll, beforeEach, expect, test } from 'vitest';
import { environment, type TestEnvironment } from '../support/environment.ts';
import { setFaults } from '../support/window/app-faults.ts';
import { holdDatabaseLock } from '../support/window/hold-database-lock.ts';
import { containersAndImages, expectHostFree } from '../support/window/host-state.ts';
import { interruptSteps } from '../support/window/interrupt-steps.ts';
import { startProcedure } from '../support/window/restore-run.ts';
import { type Visitors, visitors } from '../support/window/visitors.ts';

let env: TestEnvironment;
let users: Visitors;

beforeAll(async () => {
  env = await environment();
  await env.host.resetFdts();
}, 240_000);
beforeEach(async () => {
  // Its log goes with it: what users met in the test before is nothing that they meet now.
  const recreate = ['docker-compose', 'up', '-d', '--force-recreate', '--no-deps', 'nginx'];
  await env.host.exec(recreate, { cwd: '/opt/fdts' });
  await env.host.waitUntilServing();
  users = visitors(env.host);
});
afterEach(async () => {
  await users.stop();
  await expectHostFree(env.host);
}, 60_000);

const input = { windowSeconds: 5, watchSeconds: 3 };
const start = (more: object = {}) => startProcedure(env.client, 'highErrorRate', { ...input, ...more });

test('an app that answers most users with 500 is restarted at once, and they are served again', {
  timeout: 120_000,
}, async () => {
  const { host } = env;
  await setFaults(host, { errors: 100 });
  await users.meetErrors(100);
  const before = await containersAndImages(host);
  const dry = await start({ dryRun: true }).then((run) => run.ended());
  expect(dry).toMatchObject({ status: 'COMPLETED' });
  expect(dry.report?.steps.find(({ id }) => id === 'restart-service')?.commands).toEqual([
    expect.stringMatching(/^docker restart --time \d+ fdts[_-]app[_-]1$/),
  ]);
  expect(await containersAndImages(host)).toEqual(before);
  await users.meetErrors(30);

  const run = await start();
  const inRestart = { signal: 'SIGKILL', which: 'first', prefix: 'restart-service' } as const;
  const killed = await interruptSteps(host, run.handle.workflowId, inRestart);
  const end = await run.ended();
  expect(killed).toEqual(['restart-service']);
  expect(end).toMatchObject({ status: 'COMPLETED', outcome: 'completed' });
  await users.getAnswers(20);
  const { report } = end;
  expect(report?.steps.find(({ id }) => id === 'approve-restart')).toMatchObject({
    status: 'skipped',
    note: expect.stringContaining('FDTS is down'),
  });
  expect(report?.checks).toContainEqual(
    expect.objectContaining({ name: 'the error rate fell after the restart', status: 'pass' }),
  );
  const told = JSON.stringify(report?.sections);
  expect(told).toMatch(/\d+ of \d+ requests of users in 5 s failed \(\d+\.\d %\): \d+ × 500/);
  expect(told).toMatch(/app: \d+ × error: request/);
});

test('while most users are served the restart waits for a person, and a no leaves everything as it is', {
  timeout: 120_000,
}, async () => {
  const { host } = env;
  await setFaults(host, { errors: 40 });
  await users.meetErrors(60);
  const before = await containersAndImages(host);
  const run = await start();
  await run.reaches('approve-restart', ['waiting']);
  await run.abort('not now');
  expect(await run.ended()).toMatchObject({ status: 'FAILED', outcome: 'rejected' });
  expect(await containersAndImages(host)).toEqual(before);
});

test('a program that keeps the database locked is named; the app, which is not the cause, is not restarted', {
  timeout: 120_000,
}, async () => {
  const { host } = env;
  const release = await holdDatabaseLock(host);
  const before = await containersAndImages(host);
  const run = await start();
  const end = await run.ended();
  await release();
  expect(end).toMatchObject({ status: 'COMPLETED', outcome: 'attention-needed' });
  expect(end.because).toMatch(/kept locked by sqlite3 \(pid \d+\).*sudo kill \d+/);
  expect(await containersAndImages(host)).toEqual(before);
});
