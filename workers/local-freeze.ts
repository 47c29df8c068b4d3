import { freezeState, requireNoFreeze } from '../activities/execution/freezes.ts';
import { CliError } from '../client/cli-error.ts';
import type { HostConfig } from '../config/host-schema.ts';
import type { ReportSection } from '../workflows/contracts/report.ts';
import { freezeClaim, freezeSection } from '../workflows/engine/freeze.ts';
import type { CommonInput } from '../workflows/engine/input.ts';
import type { Procedure } from '../workflows/engine/procedure.ts';

/**
 * Asks the host's freezes before a command on it changes anything, as taking the hold does for a run with a server: what
 * its report says of the freeze that is on; null when none is.
 * @throws CliError `FREEZE`: one is on, and nobody says why this goes on all the same.
 */
export function askFreezes(
  config: Pick<HostConfig, 'freezes'>,
  procedure: Procedure,
  { dryRun = false, overrideFreeze }: Pick<CommonInput, 'dryRun' | 'overrideFreeze'>,
): ReportSection | null {
  const state = freezeState(config, Date.now());
  const claim = freezeClaim(procedure, overrideFreeze);
  try {
    if (!dryRun) requireNoFreeze(state, claim);
  } catch (cause) {
    throw new CliError('refused', {
      code: 'FREEZE',
      message: `nothing was changed: the freeze "${state.now?.name}" of this host is on (${state.now?.reason})`,
      hint: `The next opening is at ${state.now?.opens}. When it cannot wait: --override-freeze REASON, which stands in the report.`,
      cause,
    });
  }
  return freezeSection(state, claim);
}

/** The reason of `--override-freeze`, which must be one. */
export function overrideReason(given: string | undefined): string | undefined {
  if (given === undefined || given.trim() !== '') return given;
  throw new CliError('usage', {
    code: 'BAD_REASON',
    message: '--override-freeze: got nothing, expected the reason why this cannot wait',
    hint: 'Give it in quotes; it stands in the report.',
  });
}
