import { afterEach, beforeAll, beforeEach, describe, expect, onTestFinished, test } from 'vitest';
import { releaseVersion } from '../../sandbox/release-version.ts';
import { setRehearsal } from '../../setup/set-rehearsal.ts';
import { environment, type TestEnvironment } from '../support/environment.ts';
import { type BusyUsers, busyUsers } from '../support/window/busy-users.ts';
import { journalOf } from '../support/window/host-journal.ts';
import { expectHostFree, servedVersion } from '../support/window/host-state.ts';
import { interruptSteps, resumeWorker } from '../support/window/interrupt-steps.ts';
import { secondHostWorker } from '../support/window/second-host-worker.ts';
import { startApprovedWindow, startWindow } from '../support/window/window-run.ts';

let env: TestEnvironment;
let users: BusyUsers;

beforeAll(async () => {
  env = await environment();
});
beforeEach(async () => {
  await env.host.resetFdts();
  users = await busyUsers(env.host);
}, 120_000);
afterEach(async () => {
  await expectHostFree(env.host);
  await users.expectNothingLost();
}, 60_000);

// More than what is waited for inside, so that the wait that was in vain is what is reported.
describe('the worker is killed', { timeout: 1_200_000 }, () => {
  test('in the middle of every change of one window, its rehearsal too, which completes all the same', async () => {
    const { host, client } = env;
    await setRehearsal(host, true);
    onTestFinished(() => setRehearsal(host, false));
    await releaseVersion(host, { version: '1.1.0' });
    const run = await startWindow(client);
    const killing = interruptSteps(host, run.handle.workflowId, { signal: 'SIGKILL', which: 'each' });
    await run.reaches('approve-plan', ['waiting'], 300_000);
    await run.approve();
    const end = await run.ended(500_000);
    expect(end).toMatchObject({ status: 'COMPLETED', outcome: 'completed' });
    expect(await servedVersion(host)).toBe('1.1.0');

    const changes = await journalOf(host, run.handle.workflowId);
    expect(['take-hold', ...changes.map(({ step }) => step), 'end-of-run']).toEqual(await killing);
    expect(changes.filter(({ attempts }) => attempts < 2).map(({ step }) => step)).toEqual([]);
    expect(changes.map(({ step }) => step)).toEqual(
      expect.arrayContaining(['stage-rehearsal', 'rehearse', 'end-rehearsal', 'stop-services', 'cut-over']),
    );
    expect(await sysinfoVersion()).toBe('1.1');
  });

  test('in the middle of every undo of a broken release, which is rolled back all the same', async () => {
    const { host, client } = env;
    await releaseVersion(host, { version: '1.1.0', broken: 'never-healthy' });
    const run = await startApprovedWindow(client);
    const undoing = { signal: 'SIGKILL', which: 'each', prefix: 'undo:' } as const;
    const killed = await interruptSteps(host, run.handle.workflowId, undoing);
    const end = await run.ended(300_000);
    expect(end).toMatchObject({ status: 'FAILED', outcome: 'rolled-back' });
    expect(await servedVersion(host)).toBe('1.0.0');

    const undos = (await journalOf(host, run.handle.workflowId)).filter(({ step }) =>
      step.startsWith('undo:'),
    );
    expect(undos.map(({ step }) => step)).toEqual(killed);
    expect(undos.filter(({ attempts }) => attempts < 2).map(({ step }) => step)).toEqual([]);
    expect(undos.length).toBeGreaterThan(5);
  });
});

test('asked to end in the middle of changes (SIGTERM), the worker makes them whole first and ends then: the window completes', {
  timeout: 1_200_000,
}, async () => {
  const { host, client } = env;
  await releaseVersion(host, { version: '1.1.0' });
  const restarts = await workerRestarts();
  const run = await startWindow(client);
  const asking = interruptSteps(host, run.handle.workflowId, {
    signal: 'SIGTERM',
    which: 'each',
    prefix: 's',
  });
  await run.reaches('approve-plan', ['waiting']);
  await run.approve();
  expect(await run.ended()).toMatchObject({ status: 'COMPLETED', outcome: 'completed' });
  const asked = await asking;
  expect(asked).toEqual(
    expect.arrayContaining(['stop-services', 'settle-database', 'switch-images', 'start-app', 'smoke-test']),
  );
  // It ended each time, and not before the step that it was in: each was made by one attempt.
  expect((await workerRestarts()) - restarts).toBe(asked.length);
  const made = (await journalOf(host, run.handle.workflowId)).filter(({ step }) => asked.includes(step));
  expect(made.filter(({ attempts, state }) => attempts !== 1 || state !== 'done')).toEqual([]);
  expect(await servedVersion(host)).toBe('1.1.0');
});

test('two attempts of one change overlap: only one makes it, and the window completes', {
  timeout: 1_200_000,
}, async () => {
  const { host, client } = env;
  await releaseVersion(host, { version: '1.1.0' });
  const run = await startApprovedWindow(client);
  const inside = { signal: 'SIGSTOP', which: 'first', prefix: 'optimize-database' } as const;
  const stopped = await interruptSteps(host, run.handle.workflowId, inside);
  expect(stopped).toEqual(['optimize-database']);
  const second = await secondHostWorker(host);
  try {
    await run.reachesAttempt(2);
    await resumeWorker(host);
    expect(await run.ended()).toMatchObject({ outcome: 'completed' });
  } finally {
    await second.end();
  }
  const change = (await journalOf(host, run.handle.workflowId)).find(
    ({ step }) => step === 'optimize-database',
  );
  expect(change).toMatchObject({ state: 'done', attempts: 1 });
});

async function workerRestarts(): Promise<number> {
  const shown = ['systemctl', 'show', '-p', 'NRestarts', '--value', 'fdts-ops-host.service'];
  return Number((await env.host.exec(shown)).stdout);
}

async function sysinfoVersion(): Promise<string> {
  return (await env.host.exec(['dpkg-query', '-W', '-f', '${Version}', 'fdts-sysinfo'])).stdout;
}
