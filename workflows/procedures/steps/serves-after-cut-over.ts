import type { Call } from '../../contracts/calls.ts';
import type { WindowSurvey } from '../../contracts/window-plan.ts';
import { read } from '../../engine/calls.ts';
import { RunEnds, StepFailed } from '../../engine/failure.ts';
import type { StepsById } from '../../engine/procedure.ts';
import type { Run } from '../../engine/run.ts';

/** Whether the new version serves users; and when it does not, whether the old one could. */
export const servesSteps = {
  'look-from-outside': { kind: 'check', title: 'See it from outside', paper: 'Post: all services running' },
  'compare-schema': {
    kind: 'check',
    title: 'When it does not serve: see whether it changed the schema',
    paper: 'Rollback Procedures',
  },
} as const satisfies StepsById;

interface LetInSteps extends StepsById {
  readonly 'compare-schema': StepsById[string];
  readonly 'unblock-start': StepsById[string];
}

/**
 * Lets users in with a version that may have changed the schema. Where that fails and it has, nothing goes back by
 * itself, as in `servesAfterCutOver`: FDTS is left as it runs, starting itself again, and a person is asked. False then.
 * @throws StepFailed the old images go back.
 */
export async function letInOrLeave(
  run: Run<LetInSteps>,
  { database }: Pick<WindowSurvey, 'database'>,
  { letIn, unblock }: { readonly letIn: () => Promise<unknown>; readonly unblock: Call },
): Promise<boolean> {
  try {
    await letIn();
    return true;
  } catch (error) {
    if (!(error instanceof StepFailed) || !isAboutServing(error)) throw error;
    if (!(await hasChangedSchema(run, database.schemaHash))) throw error;
    run.section('Downtime', ['users are still shut out: they could not be let in']);
    await run.tryChange('unblock-start', unblock);
    leaveToPerson(run, error.message);
    return false;
  }
}

/**
 * Whether the new version serves. One that does not, and has left the schema alone, goes back by itself, with the
 * database of now. With another schema the old version must not run on it unseen, and the database of before lacks what
 * users wrote since: that is a person's choice. The new version stays, and `rollbackMaintenance` asks at its gate, which
 * shows the rows and files written since, as soon as this run has let go of the host. False then: this run ends.
 * @throws RunEnds, StepFailed: the old images go back.
 */
export async function servesAfterCutOver(
  run: Run<typeof servesSteps>,
  services: readonly string[],
  { database }: Pick<WindowSurvey, 'database'>,
): Promise<boolean> {
  try {
    const running = await run.check('look-from-outside', read.checkServing({ services }), {
      says: 'known only at run time',
      result: { checks: [] },
    });
    run.verify(running.checks, 'rolled-back');
    return true;
  } catch (error) {
    if (!isAboutServing(error) || !(await hasChangedSchema(run, database.schemaHash))) throw error;
    leaveToPerson(run, error.message);
    return false;
  }
}

function isAboutServing(error: unknown): error is RunEnds | StepFailed {
  return error instanceof RunEnds || (error instanceof StepFailed && error.type !== 'FENCED_OFF');
}

/** Where it cannot be seen the way back looks itself, and refuses. */
async function hasChangedSchema(
  run: Run<Pick<LetInSteps, 'compare-schema'>>,
  schemaHash: string,
): Promise<boolean> {
  try {
    return (await run.check('compare-schema', read.compareSchema({ schemaHash }))).changed;
  } catch (error) {
    if (error instanceof StepFailed && error.type !== 'FENCED_OFF') return false;
    throw error;
  }
}

function leaveToPerson(run: Run<StepsById>, problem: string): void {
  const next = run.startAtEnd('rollbackMaintenance', { run: run.stamp });
  run.verify(
    [
      {
        name: 'the new version serves, or the old one can',
        status: 'fail',
        expected: 'a version that serves on the database of now',
        got: `${problem}; and the new version changed the schema, on which the old one must not run unseen`,
        answer: `rollbackMaintenance was started as run ${next}: its gate shows the rows and files written since. "approve" goes back with the database of before, "abort" or no answer keeps the new version`,
      },
    ],
    'report',
  );
}
