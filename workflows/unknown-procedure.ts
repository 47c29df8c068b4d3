import { ApplicationFailure, workflowInfo } from '@temporalio/workflow';
import { procedures } from './procedures/index.ts';

/**
 * What runs when a workflow type is none of ours, so that a misspelt one ends in words instead of hanging.
 * @throws ApplicationFailure `refused`: names the procedures that there are.
 */
export async function unknownProcedure(): Promise<never> {
  const names = procedures.map(({ type }) => type).join(', ');
  throw ApplicationFailure.nonRetryable(
    `there is no procedure "${workflowInfo().workflowType}"; nothing was changed. Start one of: ${names}`,
    'refused',
  );
}
