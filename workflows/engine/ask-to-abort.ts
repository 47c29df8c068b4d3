import { getExternalWorkflowHandle } from '@temporalio/workflow';
import type { Holder } from '../contracts/containment.ts';
import { abortSignal } from '../messages.ts';

/** Asks the run that has a host to abort, as a person would; false when its run is gone. */
export async function askToAbort(
  { workflowId, runId }: Pick<Holder, 'workflowId' | 'runId'>,
  message: { readonly by: string; readonly reason: string },
): Promise<boolean> {
  try {
    await getExternalWorkflowHandle(workflowId, runId).signal(abortSignal, message);
    return true;
  } catch {
    return false;
  }
}
