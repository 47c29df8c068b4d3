import type { CheckResult } from '../contracts/calls.ts';
import { control } from './calls.ts';
import type { StepsById } from './procedure.ts';
import type { Run } from './run.ts';

/** Sees FDTS from outside its host, where the control worker knows its public address; reports what it saw. */
export async function lookFromOutside(run: Run<StepsById>): Promise<void> {
  const { publicUrl } = await run.readFromControl(control.resolveHost({ host: run.host?.name ?? null }));
  if (publicUrl === null) run.verify([NOT_SEEN_FROM_OUTSIDE], 'report');
  else if (!run.dryRun)
    run.verify((await run.readFromControl(control.probeFromOutside({ url: publicUrl }))).checks, 'report');
}

/** Where the control worker does not know the public address: the claim stands unproven, and is no fault of FDTS. */
export const NOT_SEEN_FROM_OUTSIDE: CheckResult = {
  name: 'seen from outside the host',
  status: 'not proven',
  expected: 'an answer of 2xx at the public address',
  got: 'no publicUrl is configured for this host at the control worker',
};
