import { afterAll, beforeAll, expect, it } from 'vitest';
import { isReport } from '../../../client/server/is-report.ts';
import { isRecord } from '../../../config/is-record.ts';
import { waitUntil } from '../../../setup/wait-until.ts';
import { CONTROL_TASK_QUEUE } from '../../../workflows/contracts/task-queues.ts';
import type { FakeCall } from '../../support/fake-host.ts';
import { fails, type Script, ScriptedRuns } from '../../support/scripted-runs.ts';
import { startTemporalWorld, type TemporalWorld } from '../../support/temporal-world.ts';

const runs = new ScriptedRuns();
let world: TemporalWorld;

beforeAll(async () => {
  world = await startTemporalWorld();
  await world.startWorkers({}, runs.onCall);
});
afterAll(() => world.end());

const schedule = 'fdts-web-1-plannedMaintenance';
const start = (script: Script) => {
  const input = { host: 'web-1', approvalTimeoutSeconds: 20 };
  return runs.start(world, 'plannedMaintenance', script, input, { scheduledBy: schedule });
};

/** What people were told of how the run ended. */
function endIn(calls: readonly FakeCall[]): string {
  const end = calls
    .filter(({ activity }) => activity === 'announce' || activity === 'tellOperators')
    .map(({ input }) => input)
    .find((input) => isRecord(input) && String(input['key'] ?? input['kind']).startsWith('end-'));
  return isRecord(end) ? String(end['text']) : '';
}

it('nobody answers the gate of a scheduled window once: its schedule is not paused', async () => {
  const { client } = world.env;
  const handle = await client.schedule.create({
    scheduleId: schedule,
    spec: {},
    action: {
      type: 'startWorkflow',
      workflowType: 'plannedMaintenance',
      taskQueue: CONTROL_TASK_QUEUE,
      workflowId: 'plannedMaintenance-nobody-answers',
      args: [{ host: 'web-1', approvalTimeoutSeconds: 1 }],
    },
    policies: { pauseOnFailure: true },
  });
  await handle.trigger();
  const recent = async () => (await handle.describe()).info.recentActions;
  expect(await waitUntil(async () => (await recent()).length === 1, { timeoutMs: 20_000 })).toBe(true);
  const [started] = await recent();
  const run = started?.action.type === 'startWorkflow' ? started.action.workflow : null;
  const report: unknown = await client.workflow.getHandle(run?.workflowId ?? '').result();
  expect(isReport(report) && report.outcome).toBe('expired');
  expect((await handle.describe()).state.paused).toBe(false);
  await handle.delete();
});

it('a scheduled run that is refused, or that a person says no to, closes as Completed and says that the schedule goes on', async () => {
  const refused = await start({ takeHold: fails('HOST_BUSY') });
  const refusal = await refused.end();
  expect(refusal).toMatchObject({ status: 'COMPLETED', report: { outcome: 'refused' } });
  expect(endIn(refused.calls)).toContain(`Its schedule ${schedule} goes on.`);
  const rejected = await start({});
  await rejected.asks('approve-plan');
  await rejected.says('abort');
  expect(await rejected.end()).toMatchObject({ status: 'COMPLETED', report: { outcome: 'rejected' } });
});

it('one that had to be taken back fails, which pauses its schedule, and says so and what to do', async () => {
  const run = await start({ 'smoke-test': fails() });
  await run.asks('approve-plan');
  await run.says('approve');
  expect(await run.end()).toMatchObject({ status: 'FAILED', type: 'rolled-back' });
  expect(endIn(run.calls)).toContain(`This pauses its schedule ${schedule}: it starts nothing any more.`);
  expect(endIn(run.calls)).toContain('Unpause');
});

it('a run of a person fails as before, and speaks of no schedule', async () => {
  const run = await runs.start(world, 'plannedMaintenance', {}, { host: 'web-1', approvalTimeoutSeconds: 1 });
  expect(await run.end()).toMatchObject({ status: 'FAILED', type: 'expired' });
  expect(endIn(run.calls)).not.toContain('schedule');
});
