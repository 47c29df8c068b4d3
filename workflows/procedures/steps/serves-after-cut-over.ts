import type { CheckResult } from '../../contracts/calls.ts';
import type { SchemaBefore } from '../../contracts/schema-of.ts';
import type { PreparedImage } from '../../contracts/window-plan.ts';
import { change, read, undoWith } from '../../engine/calls.ts';
import { RunEnds, StepFailed } from '../../engine/failure.ts';
import { goesLaterWay } from '../../engine/later-change.ts';
import type { StepsById } from '../../engine/procedure.ts';
import type { Run } from '../../engine/run.ts';

/** When the new version does not serve: whether the old one could. */
export const compareSchemaStep = {
  'compare-schema': {
    kind: 'check',
    title: 'When it does not serve: see whether it changed the schema',
    paper: 'Rollback Procedures',
  },
} as const satisfies StepsById;

/** Whether the new version serves users; and when it does not, whether the old one could. */
export const servesSteps = {
  'look-from-outside': { kind: 'check', title: 'See it from outside', paper: 'Post: all services running' },
  ...compareSchemaStep,
} as const satisfies StepsById;

type CompareRun = Run<typeof compareSchemaStep>;
type CutOverRun = Run<
  typeof compareSchemaStep & {
    readonly 'cut-over': StepsById[string];
    readonly 'unblock-start': StepsById[string];
  }
>;
type ServesRun = Run<typeof compareSchemaStep & { readonly 'look-from-outside': StepsById[string] }>;

/** A cut-over from which the images alone go back. */
interface CutOver {
  readonly because: string;
  /** What are started, in this order. */
  readonly services: readonly string[];
  readonly policies: readonly { readonly service: string; readonly policy: string }[];
  readonly images: readonly Pick<PreparedImage, 'image' | 'oldId'>[];
  /** Of before. */
  readonly schema: SchemaBefore;
  /** What the way back says that it does. */
  readonly wayBack: string;
}

/**
 * Lets users in with a version that may have changed the schema, and FDTS start itself again. Where users cannot be let in
 * and it has, nothing goes back by itself: the old version must not run on that database unseen. Then it returns what
 * failed, and whether FDTS serves all the same is seen by `servesAfterCutOver`; null when users were let in.
 * @throws StepFailed the old images go back.
 */
export async function cutOverToImages(run: CutOverRun, to: CutOver): Promise<string | null> {
  const { services, policies, schema } = to;
  const open = change.openToUsers({ services });
  const unblock = change.unblockStart({ policies, serving: services });
  const images = to.images.map(({ image, oldId: id }) => ({ image, id }));
  const goBack = change.goBackToImages({ ...schema, images, services, policies });
  run.pointOfNoReturn(to.because);
  const letIn = () =>
    run.change('cut-over', open, {
      finish: [undoWith('Let users in', open), undoWith('Let FDTS start itself again', unblock)],
      undo: undoWith(to.wayBack, goBack),
    });
  const notLetIn = await letInOrStay(run, schema, letIn);
  // Users are served: that FDTS would not start itself after a reboot is told, and no reason to shut them out again.
  await run.tryChange('unblock-start', unblock);
  return notLetIn;
}

async function letInOrStay(
  run: CompareRun,
  schema: SchemaBefore,
  letIn: () => Promise<unknown>,
): Promise<string | null> {
  try {
    await letIn();
    run.letUsersIn('between the stop and the cut-over');
    return null;
  } catch (error) {
    if (!(error instanceof StepFailed) || !isAboutServing(error)) throw error;
    // A run of an earlier version is on its way back already.
    if (!goesLaterWay('cut-over-asks') || !(await hasChangedSchema(run, schema))) throw error;
    return error.message;
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
  run: ServesRun,
  services: readonly string[],
  { schema, notLetIn }: { readonly schema: SchemaBefore; readonly notLetIn: string | null },
): Promise<boolean> {
  const look = async (wanted: readonly string[]) => {
    const { checks } = await run.check('look-from-outside', read.checkServing({ services: wanted }), {
      says: 'known only at run time',
      result: { checks: [] },
    });
    return checks;
  };
  const serves = await orPersonDecides(run, { schema, notLetIn }, async () => {
    if (notLetIn !== null) {
      // Users are in as soon as the proxy answers, whatever else did not start.
      run.verify(failedOf(await look([])), 'rolled-back');
      run.letUsersIn('between the stop and the moment at which it was seen to serve');
    }
    run.verify(await look(services), 'rolled-back');
  });
  if (serves && notLetIn !== null) run.verify([letInBadly(notLetIn)], 'report');
  return serves;
}

/** Does what may find that FDTS does not serve; where the schema is another one a person decides, and it is false. */
export async function orPersonDecides(
  run: CompareRun,
  { schema, notLetIn }: { readonly schema: SchemaBefore; readonly notLetIn: string | null },
  work: () => Promise<void>,
): Promise<boolean> {
  try {
    await work();
    return true;
  } catch (error) {
    if (!isAboutServing(error)) throw error;
    // That users could not be let in is only gone on from where the schema was seen to be another one.
    if (notLetIn === null && !(await hasChangedSchema(run, schema))) throw error;
    leaveToPerson(run, notLetIn ?? error.message);
    return false;
  }
}

function failedOf(checks: readonly CheckResult[]): readonly CheckResult[] {
  return checks.filter(({ status }) => status === 'fail');
}

function isAboutServing(error: unknown): error is RunEnds | StepFailed {
  return error instanceof RunEnds || (error instanceof StepFailed && error.type !== 'FENCED_OFF');
}

/** Where it cannot be seen the way back looks itself, and refuses. */
async function hasChangedSchema(run: CompareRun, schema: SchemaBefore): Promise<boolean> {
  try {
    return (await run.check('compare-schema', read.compareSchema(schema))).changed;
  } catch (error) {
    if (error instanceof StepFailed && error.type !== 'FENCED_OFF') return false;
    throw error;
  }
}

function letInBadly(problem: string): CheckResult {
  return {
    name: 'users were let in as planned',
    status: 'fail',
    expected: 'every service started by the step',
    got: `${problem}; FDTS serves all the same`,
    answer: 'mend that: the next start may meet it again',
  };
}

/** The outcome is read where long texts are cut: who is out, and who waits, come first. */
function leaveToPerson(run: Run<StepsById>, problem: string): void {
  const next = run.startAtEnd('rollbackMaintenance', { run: run.stamp });
  const isShut = run.usersOutSince !== null;
  if (isShut) run.section('Downtime', ['users are still shut out as this run ends']);
  run.checks.unshift({
    name: isShut ? 'USERS ARE SHUT OUT' : 'the new version serves, or the old one can',
    status: 'fail',
    expected: 'a version that serves on the database of now',
    got: `run ${next} was started, whose gate asks whether to go back to the database of before: the new version changed the schema (or its user_version), and the old one must not run on that unseen. What failed: ${problem}`,
    answer: `mend what failed, if it is no fault of the new version (a proxy that does not start: going back does not mend it). Then, at the gate of ${next}, which shows the rows and files written since: "approve" goes back, "abort" or no answer keeps the new version${isShut ? ', and users stay out until applicationDown was started' : ''}`,
  });
}
