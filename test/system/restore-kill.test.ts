import { afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { createWriter, type Writer } from '../../sandbox/writer.ts';
import { changedData, type DataFingerprint, dataFingerprint } from '../../setup/demo/data-fingerprint.ts';
import { environment, type TestEnvironment } from '../support/environment.ts';
import { leavePhasesAlone, meetPhases, phasesMet, untilPhase } from '../support/window/at-phases.ts';
import { journalOf } from '../support/window/host-journal.ts';
import { expectHostFree } from '../support/window/host-state.ts';
import { interruptSteps } from '../support/window/interrupt-steps.ts';
import { backUp, startApprovedRestore, startProcedure, whereabouts } from '../support/window/restore-run.ts';
import { expectStartedByTheRun } from '../support/window/started-by-the-run.ts';
import type { WindowEnd } from '../support/window/window-run.ts';

let env: TestEnvironment;
let writer: Writer;
let archive: string;
/** What the backup holds. */
let backedUp: DataFingerprint;

beforeAll(async () => {
  env = await environment();
});
beforeEach(async () => {
  await env.host.resetFdts();
  backedUp = await dataFingerprint(env.host);
  archive = await backUp(env.client);
  writer = createWriter(env.host.httpUrl);
  writer.start();
  await expect.poll(() => writer.acknowledgedUploads(), { timeout: 20_000 }).toBeGreaterThan(2);
}, 180_000);
afterEach(async () => {
  await leavePhasesAlone(env.host);
  await writer.stop();
  await expectHostFree(env.host);
}, 60_000);

/** Those between which anything of the live data moves: each is written down before it begins. */
const SWAP = ['prepared', 'emptied', 'swapped'];
const WAY_BACK = ['returning', 'cleared', 'taken-back'];

// More than what is waited for inside, so that the wait that was in vain is what is reported.
describe('the worker is killed', { timeout: 1_200_000 }, () => {
  test('in the middle of every change of a restore, which completes all the same', async () => {
    const { host, client } = env;
    const run = await startProcedure(client, 'restoreBackup', { archive, watchSeconds: 2 });
    const killing = interruptSteps(host, run.handle.workflowId, { signal: 'SIGKILL', which: 'each' });
    await run.reaches('approve-restore', ['waiting'], 120_000);
    await run.approve();
    await expectRestoredBeside(await run.ended(300_000));
    const changes = await journalOf(host, run.handle.workflowId);
    expect(['take-hold', ...changes.map(({ step }) => step), 'end-of-run']).toEqual(await killing);
    expect(changes.filter(({ attempts }) => attempts < 2).map(({ step }) => step)).toEqual([]);
  });

  test('in the middle of every undo of a restore, which is taken back all the same', async () => {
    const { host, client } = env;
    const run = await startApprovedRestore(client, archive);
    const undoing = { signal: 'SIGKILL', which: 'each', prefix: 'undo:' } as const;
    // Before the abort: the first undos take less time than it takes to begin to watch.
    const killing = interruptSteps(host, run.handle.workflowId, undoing);
    await run.reaches('start-app');
    await run.abort('wrong archive');
    await expectTakenBack(await run.ended(200_000), 'aborted');
    expect(await killing).toContain('undo:swap-data');
  });
});

test('the process that swaps is killed in every phase, and in every phase of the way back: each ends whole', {
  timeout: 400_000,
}, async () => {
  const { host, client } = env;
  await meetPhases(host, { how: 'kill', phases: [...SWAP, ...WAY_BACK] });
  const first = await startApprovedRestore(client, archive);
  await first.reaches('swap-data', ['done'], 120_000);
  expect(await phasesMet(host, SWAP)).toEqual(SWAP);
  await first.abort('wrong archive');
  await expectTakenBack(await first.ended(200_000), 'aborted');
  expect(await phasesMet(host, WAY_BACK)).toEqual(WAY_BACK);

  await meetPhases(host, { how: 'kill', phases: SWAP });
  const second = await startApprovedRestore(client, archive);
  await expectRestored(await second.ended(200_000));
  expect(await phasesMet(host, SWAP)).toEqual(SWAP);
});

describe('the host loses power', { timeout: 900_000 }, () => {
  test('in every phase of the swap: the restore goes on to the end', async () => {
    const { host } = env;
    await meetPhases(host, { how: 'hold', phases: SWAP });
    const run = await startApprovedRestore(env.client, archive);
    let bootedAt = 0;
    for (const phase of SWAP) {
      await untilPhase(host, phase);
      bootedAt = await cutPower();
    }
    await expectRestoredBeside(await run.ended(200_000));
    await expectStartedByTheRun(host, run.handle.workflowId, bootedAt);
  });

  test('in every phase of the way back: all is as before', async () => {
    const { host } = env;
    await meetPhases(host, { how: 'hold', phases: WAY_BACK });
    const run = await startApprovedRestore(env.client, archive);
    await run.reaches('swap-data', ['done'], 120_000);
    await run.abort('wrong archive');
    for (const phase of WAY_BACK) {
      await untilPhase(host, phase);
      await cutPower();
    }
    await expectTakenBack(await run.ended(200_000), 'aborted');
  });

  test('after the swap, and a person then aborts: all is as before', async () => {
    const run = await startApprovedRestore(env.client, archive);
    await run.reaches('swap-data', ['done']);
    const cut = cutPower();
    await run.abort('changed my mind');
    await cut;
    await expectTakenBack(await run.ended(200_000), 'aborted');
  });
});

/** Restored while users never stopped trying: what was acknowledged before is accounted for, and they work on. */
async function expectRestoredBeside(end: WindowEnd): Promise<void> {
  expect(end.because).toBe('every step and check passed');
  expect(end).toMatchObject({ status: 'COMPLETED', outcome: 'completed' });
  const before = writer.acknowledgedUploads();
  await expect.poll(() => writer.acknowledgedUploads(), { timeout: 20_000 }).toBeGreaterThan(before);
  await writer.stop();
  expect(changedData(backedUp, await dataFingerprint(env.host))).not.toContain('users');
  const found = await whereabouts(env.host, writer, { stamp: end.report?.stamp ?? '' });
  expect(found.lost).toEqual([]);
  expect(found.salvaged).toBeGreaterThan(4);
}

/** Restored after the last write: users get exactly what the backup holds. */
async function expectRestored(end: WindowEnd): Promise<void> {
  const { host } = env;
  expect(end.because).toBe('every step and check passed');
  expect(end).toMatchObject({ status: 'COMPLETED', outcome: 'completed' });
  expect(changedData(backedUp, await dataFingerprint(host))).toEqual([]);
  const found = await whereabouts(host, writer, { stamp: end.report?.stamp ?? '' });
  expect(found.lost).toEqual([]);
  expect(found.salvaged).toBeGreaterThan(4);
}

/** Everything acknowledged is served, and users work on. */
async function expectTakenBack(end: WindowEnd, outcome: string): Promise<void> {
  expect(end).toMatchObject({ status: 'FAILED', outcome });
  const before = writer.acknowledgedUploads();
  await expect.poll(() => writer.acknowledgedUploads(), { timeout: 20_000 }).toBeGreaterThan(before);
  await writer.stop();
  const nothing = { missingRows: [], missingUploads: [], wrongUploads: [] };
  expect(await writer.verify(env.host.httpUrl)).toMatchObject(nothing);
}

async function cutPower(): Promise<number> {
  await env.host.powerCut();
  const bootedAt = Date.now();
  await env.host.powerOn();
  return bootedAt;
}
