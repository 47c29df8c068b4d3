import { randomUUID } from 'node:crypto';
import type { Client, WorkflowHandle } from '@temporalio/client';
import { type WindowRun, windowRun } from './window-run.ts';

/** Resets a run to a decision that it took, as "Reset" in the UI does; gives the run that goes on from there. */
export async function resetRun(
  client: Client,
  handle: WorkflowHandle,
  to: 'first' | 'last',
): Promise<WindowRun> {
  const { runId } = await handle.describe();
  const { events } = await client.workflow.getHandle(handle.workflowId, runId).fetchHistory();
  const completed = (events ?? []).filter((event) => event.workflowTaskCompletedEventAttributes != null);
  const decision = completed.at(to === 'first' ? 0 : -1)?.eventId;
  if (decision == null) throw new Error(`${handle.workflowId}: no decision in its history to reset to`);
  const answer = await client.workflowService.resetWorkflowExecution({
    namespace: client.options.namespace,
    workflowExecution: { workflowId: handle.workflowId, runId },
    reason: 'tests',
    requestId: randomUUID(),
    workflowTaskFinishEventId: decision,
  });
  return windowRun(client.workflow.getHandle(handle.workflowId, answer.runId));
}
