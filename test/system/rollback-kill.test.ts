import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest';
import { releaseVersion } from '../../sandbox/release-version.ts';
import { createWriter, type Writer } from '../../sandbox/writer.ts';
import { changedData, type DataFingerprint, dataFingerprint } from '../../setup/demo/data-fingerprint.ts';
import { environment, type TestEnvironment } from '../support/environment.ts';
import { leavePhasesAlone, meetPhases, phasesMet, untilPhase } from '../support/window/at-phases.ts';
import { journalOf } from '../support/window/host-journal.ts';
import { expectHostFree, servedVersion } from '../support/window/host-state.ts';
import { interruptSteps } from '../support/window/interrupt-steps.ts';
import { startProcedure, whereabouts } from '../support/window/restore-run.ts';
import { expectStartedByTheRun } from '../support/window/started-by-the-run.ts';
import { startApprovedWindow, type WindowEnd, type WindowRun } from '../support/window/window-run.ts';

/** Those between which anything of the live data moves. */
const SWAP = ['prepared', 'emptied', 'swapped'];
let env: TestEnvironment;
let writer: Writer;
/** The window that is rolled back, and the data of before it. */
let window: string;
let before: DataFingerprint;

beforeAll(async () => {
  env = await environment();
  await env.host.resetFdts();
  await releaseVersion(env.host, { version: '1.1.0' });
  before = await dataFingerprint(env.host);
  const end = await startApprovedWindow(env.client).then((run) => run.ended());
  expect(end.outcome).toBe('completed');
  window = end.report?.stamp ?? '';
}, 300_000);
afterAll(() => env.host.resetFdts(), 120_000);

beforeEach(async () => {
  writer = createWriter(env.host.httpUrl);
  writer.start();
  await expect.poll(() => writer.acknowledgedUploads(), { timeout: 20_000 }).toBeGreaterThan(2);
}, 60_000);
afterEach(async () => {
  await leavePhasesAlone(env.host);
  await writer.stop();
  await expectHostFree(env.host);
}, 60_000);

test('the worker is killed in every undo of a rollback, which is taken back all the same', {
  timeout: 600_000,
}, async () => {
  const run = await startRollback();
  await run.reaches('approve-rollback', ['waiting'], 120_000);
  await run.approve();
  const undoing = { signal: 'SIGKILL', which: 'each', prefix: 'undo:' } as const;
  const killing = interruptSteps(env.host, run.handle.workflowId, undoing);
  await run.reaches('start-app');
  await run.abort('the new version was right');
  expect(await run.ended(200_000)).toMatchObject({ status: 'FAILED', outcome: 'aborted' });
  expect(await killing).toContain('undo:swap-data');
  expect(await servedVersion(env.host)).toBe('1.1.0');
  await usersWorkOn();
  const nothing = { missingRows: [], missingUploads: [], wrongUploads: [] };
  expect(await writer.verify(env.host.httpUrl)).toMatchObject(nothing);
});

test('worker and swap are killed in every change and phase of a rollback, which completes all the same', {
  timeout: 1_200_000,
}, async () => {
  await meetPhases(env.host, { how: 'kill', phases: SWAP });
  const run = await startRollback();
  const killing = interruptSteps(env.host, run.handle.workflowId, { signal: 'SIGKILL', which: 'each' });
  await run.reaches('approve-rollback', ['waiting'], 120_000);
  await run.approve();
  await run.reaches('stop-services', ['done'], 120_000);
  await writer.stop();
  await expectRolledBack(await run.ended(300_000));
  const changes = await journalOf(env.host, run.handle.workflowId);
  expect(['take-hold', ...changes.map(({ step }) => step), 'end-of-run']).toEqual(await killing);
  expect(changes.map(({ step }) => step)).toEqual(expect.arrayContaining(['salvage-rows', 'swap-data']));
  expect(await phasesMet(env.host, SWAP)).toEqual(SWAP);
});

test('the host loses power in every phase of the swap of a rollback, which goes on to the end', {
  timeout: 900_000,
}, async () => {
  const { host } = env;
  await meetPhases(host, { how: 'hold', phases: SWAP });
  const run = await startRollback();
  await run.reaches('approve-rollback', ['waiting'], 120_000);
  await run.approve();
  let bootedAt = 0;
  for (const phase of SWAP) {
    await untilPhase(host, phase);
    await host.powerCut();
    bootedAt = Date.now();
    await host.powerOn();
  }
  await expectRolledBackBeside(await run.ended(200_000));
  await expectStartedByTheRun(host, run.handle.workflowId, bootedAt);
});

function startRollback(): Promise<WindowRun> {
  const input = { run: window, database: 'before', watchSeconds: 2 };
  return startProcedure(env.client, 'rollbackMaintenance', input);
}

/** Nobody has told them to stop: once they are in, what they write is served again. */
async function usersWorkOn(): Promise<void> {
  const before = writer.acknowledgedUploads();
  await expect.poll(() => writer.acknowledgedUploads(), { timeout: 20_000 }).toBeGreaterThan(before);
  await writer.stop();
}

/** Rolled back while users never stopped trying. */
async function expectRolledBackBeside(end: WindowEnd): Promise<void> {
  await usersWorkOn();
  expect(changedData(before, await dataFingerprint(env.host))).not.toContain('users');
  await expectAllThere(end);
}

/** Users get version and rows of before, and all that was acknowledged since is in the salvage file or served. */
async function expectRolledBack(end: WindowEnd): Promise<void> {
  // Uploads since stay where they are.
  expect(changedData(before, await dataFingerprint(env.host))).toEqual(['uploads']);
  await expectAllThere(end);
}

async function expectAllThere(end: WindowEnd): Promise<void> {
  const { host } = env;
  expect(end.because).toBe('every step and check passed');
  expect(end).toMatchObject({ status: 'COMPLETED', outcome: 'completed' });
  expect(await servedVersion(host)).toBe('1.0.0');
  const stamp = end.report?.stamp ?? '';
  const found = await whereabouts(host, writer, { stamp, uploads: '/opt/fdts/uploads' });
  expect(found.lost).toEqual([]);
  expect(found.salvaged).toBeGreaterThan(4);
}
