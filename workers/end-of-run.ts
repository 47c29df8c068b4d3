import { type Client, WorkflowNotFoundError } from '@temporalio/client';
import { fdtsOutcome } from '../workflows/contracts/search-attributes.ts';

/** How a run ended: its outcome, or how the server closed it; null while it goes on. */
export async function endOfRun(client: Client, workflowId: string): Promise<string | null> {
  try {
    const { status, typedSearchAttributes } = await client.workflow.getHandle(workflowId).describe();
    if (status.name === 'RUNNING') return null;
    return typedSearchAttributes.get(fdtsOutcome) ?? status.name.toLowerCase();
  } catch (error) {
    if (error instanceof WorkflowNotFoundError) return 'a run that the server does not know any more';
    throw error;
  }
}
