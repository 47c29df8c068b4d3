import { change } from './calls.ts';
import { cleanUpAside } from './clean-up.ts';
import type { StepsById } from './procedure.ts';
import type { Run } from './run.ts';
import { watchForErrors } from './watch-for-errors.ts';

/** The steps with which a procedure ends once users are in again. */
interface LastSteps extends StepsById {
  readonly watch: StepsById[string];
  readonly 'clean-up': StepsById[string];
  readonly 'announce-end': StepsById[string];
}

/** Watches for errors, removes what is past its retention, and tells people. None of it takes away what works. */
export async function watchAndTidy(
  run: Run<LastSteps>,
  seconds: number,
  end: { readonly subject: string; readonly text: string },
): Promise<void> {
  await watchForErrors(run, seconds, 'After the cut-over');
  await cleanUpAside(run);
  await run.tryChange('announce-end', change.announce({ key: 'end', ...end }));
}
