import { RunEnds } from './failure.ts';
import type { StepsById } from './procedure.ts';
import type { RunRecord } from './run-record.ts';
import { type GuardedWindow, secondsBeforeRollback, secondsToSpare, whyNoTime } from './window-guard.ts';

/** @throws RunEnds when the step, what follows it and a rollback are not expected to fit into the window any more. */
export function requireTime(run: RunRecord<StepsById>, step: string): void {
  const window = guarding(run);
  const why = window === null ? null : whyNoTime(window, run.steps, step, Date.now());
  if (why !== null)
    throw new RunEnds('rolled-back', `the window is too short for "${run.record(step).title}": ${why}`);
}

/** How long one call may take at most, an absent worker and its attempts included: then there is just time to go back. */
export function timeForOneCall(run: RunRecord<StepsById>): { readonly giveUpAfter?: number } {
  const window = guarding(run);
  if (window === null) return {};
  return { giveUpAfter: Math.max(1000, secondsBeforeRollback(window, Date.now()) * 1000) };
}

/** How long a person may take to decide about this step: never longer than the window allows. */
export function timeToDecide(run: RunRecord<StepsById>, step: string, wantedSeconds: number): number {
  const window = guarding(run);
  if (window === null) return wantedSeconds;
  return Math.max(1, Math.min(wantedSeconds, secondsToSpare(window, run.steps, step, Date.now())));
}

/** Until the cut-over: after it an overrun is reported, and nothing that works is torn down. */
function guarding({ window, dryRun, decisions }: RunRecord<StepsById>): GuardedWindow | null {
  return dryRun || decisions.isPastReturn ? null : window;
}
