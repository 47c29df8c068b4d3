import { afterAll, beforeAll, expect, it } from 'vitest';
import { waitUntil } from '../../../sandbox/wait-until.ts';
import { requireFittingRuns } from '../../../workers/require-fitting-runs.ts';
import { CONTROL_TASK_QUEUE } from '../../../workflows/contracts/task-queues.ts';
import { startTemporalWorld, type TemporalWorld } from '../../support/temporal-world.ts';
import { bundleWorkflows } from '../../support/workflow-bundle.ts';

let world: TemporalWorld;

beforeAll(async () => {
  world = await startTemporalWorld();
  await world.startWorkers({ lookAtHost: { seconds: 1, muted: null, signals: [] } });
});
afterAll(() => world.end());

it('a control worker with code that an open run cannot go on with refuses to start, and names the run', async () => {
  const { client } = world.env;
  const run = await client.workflow.start('plannedMaintenance', {
    workflowId: 'open-window',
    taskQueue: CONTROL_TASK_QUEUE,
    args: [{ host: 'web-1' }],
  });
  await waitUntil(
    'the window waits for its approval',
    async () => {
      const { events } = await run.fetchHistory();
      return events?.some((event) => event.timerStartedEventAttributes != null) === true;
    },
    20_000,
  );
  const { code } = await bundleWorkflows();
  await requireFittingRuns(client, { workflowBundle: { code } });
  const other = code.replaceAll('.identifyHost(', '.identifyAnother(');
  await expect(requireFittingRuns(client, { workflowBundle: { code: other } })).rejects.toMatchObject({
    code: 'OPEN_RUN_DOES_NOT_FIT',
    message: expect.stringContaining('open-window began on another version'),
  });
  await run.terminate();
  await waitUntil(
    'the server lists no open run',
    async () => {
      for await (const _ of client.workflow.list({ query: 'ExecutionStatus = "Running"' })) return false;
      return true;
    },
    20_000,
  );
  await requireFittingRuns(client, { workflowBundle: { code: other } });
});

it('a watch that this code cannot go on with is ended, so that the worker begins it anew', async () => {
  const { client } = world.env;
  const rules = { host: 'web-1', everySeconds: 1, mostAnswers: 3, withinSeconds: 3600 };
  const watch = await client.workflow.start('watchHost', {
    workflowId: 'watch-web-1',
    taskQueue: CONTROL_TASK_QUEUE,
    args: [rules],
  });
  await waitUntil(
    'the watch has looked',
    async () =>
      (await watch.fetchHistory()).events?.some((event) => event.activityTaskCompletedEventAttributes) ===
      true,
    20_000,
  );
  const { code } = await bundleWorkflows();
  const isListed = async () => {
    for await (const _ of client.workflow.list({
      query: 'WorkflowType = "watchHost" AND ExecutionStatus = "Running"',
    }))
      return true;
    return false;
  };
  await waitUntil('the server lists it', isListed, 20_000);
  await requireFittingRuns(client, { workflowBundle: { code } });
  expect((await watch.describe()).status.name).toBe('RUNNING');
  await requireFittingRuns(client, {
    workflowBundle: { code: code.replaceAll('.lookAtHost(', '.lookElsewhere(') },
  });
  expect((await watch.describe()).status.name).toBe('TERMINATED');
});
