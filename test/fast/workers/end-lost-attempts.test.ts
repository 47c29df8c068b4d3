import { CompleteAsyncError } from '@temporalio/activity';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { waitUntil } from '../../../sandbox/wait-until.ts';
import { endLostAttempts } from '../../../workers/end-lost-attempts.ts';
import { type Script, ScriptedRuns } from '../../support/scripted-runs.ts';
import { startTemporalWorld, type TemporalWorld } from '../../support/temporal-world.ts';

const runs = new ScriptedRuns();
let world: TemporalWorld;

beforeAll(async () => {
  world = await startTemporalWorld();
  await world.startWorkers({}, runs.onCall);
});
afterAll(() => world.end());

// The server believes that the first attempt goes on, as after a SIGKILL; its worker had the number of this process.
const LOST_ONCE: Script = {
  'back-up': async (_, nth) => {
    if (nth === 1) throw new CompleteAsyncError();
    return undefined;
  },
};

it('an attempt that died with an earlier worker is told to the server, and made again', async () => {
  const run = await runs.start(world, 'manualBackup', LOST_ONCE);
  await run.reached('back-up');
  const { client } = world.env;
  let ended: readonly string[] = [];
  await waitUntil(
    'the lost attempt is found',
    async () => (ended = await endLostAttempts(client, 'web-1')).length > 0,
    8_000,
  );
  expect(ended).toEqual([`makeBackup of ${run.handle.workflowId}`]);
  expect((await run.end()).status).toBe('COMPLETED');
  const { events } = await run.handle.fetchHistory();
  const failures = (events ?? []).map((event) => event.activityTaskStartedEventAttributes?.lastFailure);
  expect(failures.map((failure) => failure?.applicationFailureInfo?.type)).toContain('WORKER_LOST');
});

it('an attempt of a run on another host is left alone', async () => {
  const run = await runs.start(world, 'manualBackup', LOST_ONCE);
  await run.reached('back-up');
  expect(await endLostAttempts(world.env.client, 'web-2')).toEqual([]);
  await run.handle.terminate();
});
