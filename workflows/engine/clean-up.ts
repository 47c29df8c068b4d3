import { change } from './calls.ts';
import type { StepsById } from './procedure.ts';
import type { Run } from './run.ts';

/** Removes what is past its retention, and names what stays until a person has looked at it. */
export async function cleanUpAside(
  run: Run<StepsById & { readonly 'clean-up': StepsById[string] }>,
): Promise<void> {
  const cleaned = await run.tryChange('clean-up', change.cleanUp({}));
  run.section('Kept aside, since it is nowhere else', cleaned?.kept ?? []);
}
