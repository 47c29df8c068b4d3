import { log, ParentClosePolicy, startChild } from '@temporalio/workflow';
import type { StepsById } from './procedure.ts';
import type { Run } from './run.ts';

/** Starts the procedure that goes on with what a run has found: a run of its own, which outlives this one. */
export async function startNext({ next, host, sections }: Run<StepsById>): Promise<void> {
  if (next === null || host === null) return;
  const { type, workflowId, input } = next;
  try {
    await startChild(type, {
      workflowId,
      args: [{ host: host.name, ...input }],
      parentClosePolicy: ParentClosePolicy.ABANDON,
    });
  } catch (error) {
    log.warn('the next procedure could not be started', { type, workflowId });
    sections.push({
      title: `${type} could not be started`,
      lines: [
        `${String(error)}. Start it by hand: fdts-ops start ${type} --input '${JSON.stringify(input)}'`,
      ],
    });
  }
}
