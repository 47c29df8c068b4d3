import { afterAll, beforeAll, expect, it } from 'vitest';
import { waitUntil } from '../../../sandbox/wait-until.ts';
import { requireFittingRuns } from '../../../workers/require-fitting-runs.ts';
import { CONTROL_TASK_QUEUE } from '../../../workflows/contracts/task-queues.ts';
import { startTemporalWorld, type TemporalWorld } from '../../support/temporal-world.ts';
import { bundleWorkflows } from '../../support/workflow-bundle.ts';

let world: TemporalWorld;

beforeAll(async () => {
  world = await startTemporalWorld();
  await world.startWorkers();
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
