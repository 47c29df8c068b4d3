import type { StepDeclaration } from '../../contracts/step.ts';
import type { CleanUpPlan, UnusedThing } from '../../contracts/weekly-plan.ts';
import { change, read } from '../../engine/calls.ts';
import { goesLaterWay } from '../../engine/later-change.ts';
import { provenOrNull } from '../../engine/not-proven.ts';
import type { StepsById } from '../../engine/procedure.ts';
import type { Run } from '../../engine/run.ts';
import type { ChangeOptions } from '../../engine/ticket.ts';

/** The look before: what would be removed stands in the plan, item by item. */
export const planCleanUpStep = {
  'plan-clean-up': { kind: 'check', title: 'See what nothing in Docker uses', paper: 'Weekly 2. prune' },
} as const satisfies StepsById;

/** Exactly what was approved, as far as nothing uses it to this day. */
export const cleanUpDockerSteps = {
  'confirm-clean-up': {
    kind: 'check',
    title: 'See what of it nothing uses to this day',
    paper: 'Weekly 2. prune',
  },
  'clean-up-docker': {
    kind: 'change',
    title: 'Remove what nothing in Docker uses',
    paper: 'Weekly 2. prune',
    changes: 'exactly the listed images, containers, networks and volumes, and the build cache',
    undo: 'not possible, and not needed: nothing that is used is removed',
  },
} as const satisfies StepsById;

type CleanUpRun = Run<Readonly<Record<keyof typeof cleanUpDockerSteps, StepDeclaration>>>;

/** The lines of a plan, of these things; what a clean-up leaves is told as well. */
export function cleanUpLines(things: readonly UnusedThing[], plan: CleanUpPlan): string[] {
  const why = whyLeftAlone(plan);
  if (why !== null)
    return [why, 'start or remove it, then start this again for Docker; approving now does the rest'];
  const { buildCacheBytes, spared } = plan;
  return [
    ...(things.length === 0 ? ['nothing'] : things.map((thing) => `removes ${thingText(thing)}`)),
    `removes the build cache, ${buildCacheBytes} bytes`,
    ...spared.map((line) => `leaves ${line}`),
  ];
}

export function thingText({ kind, name, bytes }: UnusedThing): string {
  return `${kind} ${name}${bytes === null ? '' : ` (${bytes} bytes)`}`;
}

/** Why Docker is left alone as a whole; null: it is not. */
export function whyLeftAlone({ down = [] }: CleanUpPlan): string | null {
  if (down.length === 0 || !goesLaterWay('down-is-left-alone')) return null;
  return `left alone: ${down.join(', ')} ${down.length === 1 ? 'is' : 'are'} down, and what belongs to a service that is down would look unused`;
}

/** Leaves Docker alone, and says why. */
export function leaveDocker(run: CleanUpRun, why: string): void {
  for (const step of ['confirm-clean-up', 'clean-up-docker'] as const) run.skip(step, why);
}

/** Removes what was approved, after a look at what of it nothing uses to this day. false: nothing was removed. */
export async function cleanUpDocker(
  run: CleanUpRun,
  approved: readonly UnusedThing[],
  options: ChangeOptions = {},
): Promise<boolean> {
  if (goesLaterWay('clean-up-looks-again')) return removeStillUnused(run, approved, options);
  run.skip('confirm-clean-up', 'the run began before there was this look');
  const asBefore = { ...options, unasked: 'taken back' } as const;
  const { lines } = await run.change('clean-up-docker', change.cleanUpDocker({ things: approved }), asBefore);
  run.section(REMOVED, lines);
  return true;
}

/** The same, for runs that always looked again. */
export async function removeStillUnused(
  run: CleanUpRun,
  approved: readonly UnusedThing[],
  options: ChangeOptions = {},
): Promise<boolean> {
  const now = await provenOrNull(run, 'what nothing in Docker uses', () =>
    run.check('confirm-clean-up', read.planDockerCleanUp({})),
  );
  if (now === null) return nothingRemoved(run, NOT_SEEN);
  const why = whyLeftAlone(now);
  if (why !== null) return nothingRemoved(run, why);
  const things = stillUnused(approved, now);
  const cleaned = await run.tryChange('clean-up-docker', change.cleanUpDocker({ things }), options);
  const stays = approved.filter((thing) => !things.includes(thing));
  run.section(REMOVED, [
    ...(cleaned?.lines ?? ['nothing: the step was left out']),
    ...stays.map((thing) => `${thingText(thing)} stays: it was used, or changed, since the plan`),
  ]);
  return cleaned !== undefined;
}

function nothingRemoved(run: CleanUpRun, why: string): false {
  run.skip('clean-up-docker', why);
  run.section(REMOVED, [why]);
  return false;
}

/** Why a clean-up that could not be planned, or not be confirmed, is left out. */
export const NOT_SEEN = 'left alone: it could not be seen';

const REMOVED = 'Removed from Docker';

/** What of the approved things nothing uses to this day: what found a user since stays, and so does what came later. */
function stillUnused(approved: readonly UnusedThing[], now: CleanUpPlan): readonly UnusedThing[] {
  const unused = [...now.plain, ...now.doubtful];
  return approved.filter(({ kind, id }) => unused.some((thing) => thing.kind === kind && thing.id === id));
}
