import type { ApprovedHost } from '../contracts/restore-plan.ts';
import { read } from './calls.ts';
import { RunEnds } from './failure.ts';
import type { StepsById } from './procedure.ts';
import type { Run } from './run.ts';

interface ConfirmStep extends StepsById {
  readonly 'confirm-plan': StepsById[string];
}

/**
 * Compares the host with the plan that a person approved: a gate may have waited for hours.
 * @throws RunEnds when somebody else changed the host meanwhile; it is left to them.
 */
export async function confirmHost(
  run: Run<ConfirmStep>,
  { services, projectFiles, schemaHash, userVersion, images }: ApprovedHost,
): Promise<void> {
  const approved = { services, projectFiles, schemaHash, userVersion, images };
  const differences = await run.check('confirm-plan', read.compareHost(approved), {
    says: 'a real run compares the host with the approved plan',
    result: { host: [] },
  });
  if (differences.host.length === 0) return;
  throw new RunEnds(
    'rolled-back',
    `somebody else changed the host since the plan was made: ${differences.host.join(', ')}; start again`,
  );
}
