import type { StepDeclaration, StepRecord } from '../contracts/step.ts';

/** The time in which the host may be changed, and how much of it the work and its way back are expected to need. */
export interface GuardedWindow {
  /** Milliseconds since the epoch. */
  readonly closesAt: number;
  /** The step that lets users in: the guard ends with it, since from there an overrun tears nothing down. */
  readonly last: string;
  /** Seconds that each step is expected to take, as it was measured or declared. */
  readonly expected: Readonly<Record<string, number>>;
  readonly rollbackSeconds: number;
}

/** What the steps of a procedure are declared to take. */
export function declaredSeconds(steps: Readonly<Record<string, StepDeclaration>>): Record<string, number> {
  return Object.fromEntries(Object.entries(steps).map(([id, step]) => [id, step.expectedSeconds ?? 0]));
}

type Steps = readonly Pick<StepRecord, 'id' | 'status'>[];

/** Seconds that the work from this step up to the last one is expected to take; what is over or left out takes none. */
export function secondsOfWork({ expected, last }: GuardedWindow, steps: Steps, from: string): number {
  const start = steps.findIndex(({ id }) => id === from);
  const end = steps.findIndex(({ id }) => id === last);
  return steps
    .slice(start, end + 1)
    .filter(({ id, status }) => id === from || (status !== 'done' && status !== 'skipped'))
    .reduce((sum, { id }) => sum + (expected[id] ?? 0), 0);
}

/** Seconds for which the run can still wait before this step, so that the work and its way back fit. */
export function secondsToSpare(window: GuardedWindow, steps: Steps, from: string, now: number): number {
  return secondsBeforeRollback(window, now) - secondsOfWork(window, steps, from);
}

/** Seconds until a rollback would have to begin, whatever is under way. */
export function secondsBeforeRollback({ closesAt, rollbackSeconds }: GuardedWindow, now: number): number {
  return (closesAt - now) / 1000 - rollbackSeconds;
}

/** Why this step must not begin any more; null when there is time. */
export function whyNoTime(window: GuardedWindow, steps: Steps, from: string, now: number): string | null {
  if (secondsToSpare(window, steps, from, now) >= 0) return null;
  const left = Math.max(0, (window.closesAt - now) / 1000);
  return `${Math.round(left)} s of the window are left (until ${new Date(window.closesAt).toISOString()}), the work up to the cut-over is expected to take ${Math.ceil(secondsOfWork(window, steps, from))} s and a rollback ${Math.ceil(window.rollbackSeconds)} s`;
}
