import { type Client, WorkflowNotFoundError } from '@temporalio/client';

/** The calls of a run that have not ended, as the server sees them; none of a run that it does not know any more. */
export async function pendingActivities(client: Client, workflowId: string, runId: string) {
  try {
    const { raw } = await client.workflow.getHandle(workflowId, runId).describe();
    return raw.pendingActivities ?? [];
  } catch (error) {
    if (error instanceof WorkflowNotFoundError) return [];
    throw error;
  }
}
