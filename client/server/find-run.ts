import {
  type WorkflowExecutionDescription,
  type WorkflowHandle,
  WorkflowNotFoundError,
} from '@temporalio/client';
import { CliError } from '../cli-error.ts';
import type { Server } from './connect.ts';

/** A run that exists. */
export interface FoundRun {
  readonly handle: WorkflowHandle;
  readonly described: WorkflowExecutionDescription;
}

const RUN_ID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

/** Finds a run by its workflow id (the newest run of that id) or by its run id. Throws CliError (exit code 4) when there is none. */
export async function findRun({ client, namespace }: Server, name: string): Promise<FoundRun> {
  const found = await described(client.workflow.getHandle(name));
  if (found !== undefined) return found;
  if (RUN_ID.test(name)) {
    for await (const { workflowId, runId } of client.workflow.list({ query: `RunId = "${name}"` })) {
      const byRunId = await described(client.workflow.getHandle(workflowId, runId));
      if (byRunId !== undefined) return byRunId;
    }
  }
  throw new CliError('notFound', {
    code: 'RUN_NOT_FOUND',
    message: `no run ${JSON.stringify(name)} in namespace ${namespace}`,
    hint: 'fdts-ops runs lists the runs; give the id from its first column, or a run id.',
  });
}

/** Pinned to the run that was described: a later run of the same id is another one. */
async function described(handle: WorkflowHandle): Promise<FoundRun | undefined> {
  try {
    const first = await handle.describe();
    return { handle: handle.client.getHandle(first.workflowId, first.runId), described: first };
  } catch (error) {
    if (error instanceof WorkflowNotFoundError) return undefined;
    throw error;
  }
}
