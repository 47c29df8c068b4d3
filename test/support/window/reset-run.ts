import { randomUUID } from 'node:crypto';
import type { Client, WorkflowHandle } from '@temporalio/client';
import { type WindowRun, windowRun } from './window-run.ts';

/** Resets a run to the last decision that it took, as "Reset" in the UI does; gives the run that goes on from there. */
export async function resetRun(client: Client, handle: WorkflowHandle): Promise<WindowRun> {
  const { runId } = await handle.describe();
  const { events } = await client.workflow.getHandle(handle.workflowId, runId).fetchHistory();
  const completed = (events ?? []).filter((event) => event.workflowTaskCompletedEventAttributes != null);
  const last = completed.at(-1)?.eventId;
  if (last == null) throw new Error(`${handle.workflowId}: no decision in its history to reset to`);
  const answer = await client.workflowService.resetWorkflowExecution({
    namespace: client.options.namespace,
    workflowExecution: { workflowId: handle.workflowId, runId },
    reason: 'tests',
    requestId: randomUUID(),
    workflowTaskFinishEventId: last,
  });
  return windowRun(client.workflow.getHandle(handle.workflowId, answer.runId));
}
