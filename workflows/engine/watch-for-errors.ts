import { read } from './calls.ts';
import { orNotProven } from './not-proven.ts';
import type { StepsById } from './procedure.ts';
import type { Run } from './run.ts';

/** Watches for errors once users are in again, and tells what it saw under `title`; it takes nothing away. */
export async function watchForErrors(
  run: Run<StepsById & { readonly watch: StepsById[string] }>,
  seconds: number,
  title: string,
): Promise<void> {
  await orNotProven(run, 'watched for errors', async () => {
    const watched = await run.check('watch', read.watchForErrors({ seconds }), {
      says: `a real run watches for ${seconds} seconds`,
      result: { checks: [], lines: [] },
    });
    run.verify(watched.checks, 'report');
    run.section(title, watched.lines);
  });
}
