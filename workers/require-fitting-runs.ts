import type { Client } from '@temporalio/client';
import { Worker, type WorkerOptions } from '@temporalio/worker';
import { DeterminismViolationError } from '@temporalio/workflow';
import { CliError } from '../client/cli-error.ts';
import { CONTROL_TASK_QUEUE } from '../workflows/contracts/task-queues.ts';
import { procedures } from '../workflows/procedures/index.ts';

/** What a worker runs as workflows: a bundle, or sources. */
export type WorkflowCode = Pick<WorkerOptions, 'workflowBundle' | 'workflowsPath'>;

/**
 * Proves that every open run of a procedure can go on with this code, by replaying what it did so far. A worker with code
 * that an open run cannot bear would stop that run for good, perhaps with FDTS down, and nobody would be told why. A watch
 * that cannot is ended instead: it changes nothing, and the worker begins it again.
 * @throws CliError `OPEN_RUN_DOES_NOT_FIT` with the runs; nothing was started.
 */
export async function requireFittingRuns(client: Client, code: WorkflowCode): Promise<void> {
  const strangers = await unfitRuns(
    client,
    code,
    procedures.map(({ type }) => type),
  );
  if (strangers.length > 0)
    throw new CliError('refused', {
      code: 'OPEN_RUN_DOES_NOT_FIT',
      message: `not started: ${strangers.join(', ')} began on another version and cannot go on with this one`,
      hint: 'Install the version before again and let it end, or abort it ("fdts-ops abort RUN"); then start this one. Only when that version is lost: "sudo fdts-ops recover" on its host, then terminate the run in the UI.',
    });
  for (const watch of await unfitRuns(client, code, ['watchHost']))
    await client.workflow
      .getHandle(watch)
      .terminate('began on another version of fdts-ops; the control worker begins it again');
}

async function unfitRuns(client: Client, code: WorkflowCode, types: readonly string[]): Promise<string[]> {
  const named = types.map((type) => `"${type}"`).join(', ');
  const query = `ExecutionStatus = "Running" AND TaskQueue = "${CONTROL_TASK_QUEUE}" AND WorkflowType IN (${named})`;
  const histories = client.workflow.list({ query }).intoHistories();
  const strangers: string[] = [];
  for await (const { workflowId, error } of Worker.runReplayHistories(code, histories))
    if (error instanceof DeterminismViolationError) strangers.push(workflowId);
  return strangers;
}
