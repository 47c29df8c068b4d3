import { type Client, WorkflowNotFoundError } from '@temporalio/client';
import type { OtherRun } from '../activities/execution/ends-of-runs.ts';
import type { Progress } from '../workflows/contracts/report.ts';
import { progressQuery } from '../workflows/messages.ts';

const ANSWER_MS = 5_000;

/** What an open run says of itself; null when it is over, or when the server does not know it. */
export async function progressOfRun(
  client: Client,
  { workflowId, runId }: OtherRun,
): Promise<Progress | null> {
  const handle = client.workflow.getHandle(workflowId, runId);
  try {
    // One that was terminated would still answer, with the gate that was open then.
    if ((await handle.describe()).status.name !== 'RUNNING') return null;
    return await client.withDeadline(Date.now() + ANSWER_MS, () => handle.query(progressQuery));
  } catch (error) {
    if (error instanceof WorkflowNotFoundError) return null;
    throw error;
  }
}
