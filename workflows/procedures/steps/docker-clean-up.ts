import type { CleanUpPlan, UnusedThing } from '../../contracts/weekly-plan.ts';
import type { StepsById } from '../../engine/procedure.ts';

/** The look before: what would be removed stands in the plan, item by item. */
export const planCleanUpStep = {
  'plan-clean-up': { kind: 'check', title: 'See what nothing in Docker uses', paper: 'Weekly 2. prune' },
} as const satisfies StepsById;

/** Exactly what was approved. */
export const cleanUpDockerStep = {
  'clean-up-docker': {
    kind: 'change',
    title: 'Remove what nothing in Docker uses',
    paper: 'Weekly 2. prune',
    changes: 'exactly the listed images, containers, networks and volumes, and the build cache',
    undo: 'not possible, and not needed: nothing that is used is removed',
  },
} as const satisfies StepsById;

/** The lines of a plan, of these things; what a clean-up leaves is told as well. */
export function cleanUpLines(
  things: readonly UnusedThing[],
  { buildCacheBytes, spared }: CleanUpPlan,
): string[] {
  return [
    ...(things.length === 0 ? ['nothing'] : things.map((thing) => `removes ${thingText(thing)}`)),
    `removes the build cache, ${buildCacheBytes} bytes`,
    ...spared.map((line) => `leaves ${line}`),
  ];
}

export function thingText({ kind, name, bytes }: UnusedThing): string {
  return `${kind} ${name}${bytes === null ? '' : ` (${bytes} bytes)`}`;
}

/** What of the approved things nothing uses to this day: what found a user since stays, and so does what came later. */
export function stillUnused(approved: readonly UnusedThing[], now: CleanUpPlan): readonly UnusedThing[] {
  const unused = [...now.plain, ...now.doubtful];
  return approved.filter(({ kind, id }) => unused.some((thing) => thing.kind === kind && thing.id === id));
}
