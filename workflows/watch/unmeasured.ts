import type { Unmeasured, WatchedIncident, WatchLook, WatchState } from '../contracts/watch.ts';

/**
 * The state once it is known what a look could not measure, and of that what has now failed so many times in a row. What a
 * run that has the host hides from sight is its doing. Pure.
 */
export function unmeasuredSeen(
  before: WatchState,
  { muted, unmeasured = [] }: WatchLook,
  toldAfter: number,
): { readonly state: WatchState; readonly lasting: readonly Unmeasured[] } {
  if (muted !== null) return { state: before, lasting: [] };
  const inARow = ({ name }: Unmeasured) => (before.unmeasured?.[name] ?? 0) + 1;
  return {
    state: { ...before, unmeasured: Object.fromEntries(unmeasured.map((one) => [one.name, inARow(one)])) },
    lasting: unmeasured.filter((one) => inARow(one) === toldAfter),
  };
}

/** Answered incidents that nobody can see now: they are not over, and not to be answered once more. Pure. */
export function answeredUnseen(
  { incidents }: WatchState,
  { unmeasured = [] }: WatchLook,
): Readonly<Record<string, WatchedIncident>> {
  const isUnseen = (signal: string) => unmeasured.some(({ name }) => signal.startsWith(name));
  return Object.fromEntries(
    Object.entries(incidents).filter(([signal, { run }]) => run !== null && isUnseen(signal)),
  );
}
