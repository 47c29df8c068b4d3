import type { Figure } from '../../contracts/figures.ts';
import { read } from '../../engine/calls.ts';
import { orFailed } from '../../engine/not-proven.ts';
import type { StepsById } from '../../engine/procedure.ts';
import type { Run } from '../../engine/run.ts';

/** Measures one of several things; one that cannot be measured is a finding, and the others are measured all the same. */
export function measureOr(run: Run<StepsById>, name: string, measure: () => Promise<void>): Promise<void> {
  return orFailed(
    run,
    { name, answer: 'it could not even be measured: fdts-ops start dailyHealthCheck' },
    measure,
  );
}

/** When a time counts as worse than before, by the host's file. */
export const compareSettings = ['performance.worseFactor', 'performance.noiseMilliseconds'] as const;

/** Compares what was measured with earlier runs of the same procedure on this host. */
export async function compareWithBefore(
  run: Run<StepsById & { readonly compare: StepsById[string] }>,
  figures: readonly Figure[],
): Promise<void> {
  if (figures.length === 0) return run.skip('compare', 'nothing was measured');
  await measureOr(run, 'not worse than before', async () => {
    const procedure = run.procedure.type;
    const compared = await run.check(
      'compare',
      read.compareFigures({ procedure, figures, keep: !run.dryRun }),
    );
    run.verify(compared.checks, 'report');
    run.section('Compared with earlier runs', compared.lines);
  });
}
