import type { Holder } from '../contracts/containment.ts';
import type { HolderState, WatchLook, WatchSignal, WatchState } from '../contracts/watch.ts';
import { type DecidedBy, isHeldBack, loopGuard } from './block.ts';
import { wrongFor } from './next-answer.ts';

/** FDTS has been down for as long as counts, while a run has the host that does not mend it. */
export interface OutageUnderRun {
  readonly down: WatchSignal;
  readonly holder: Holder;
}

/** What is to be done about it. */
export type OutageStep = 'nothing' | 'ask to abort' | 'tell people';

/** The state after one look, as to FDTS being down while a run has the host. Pure. */
export function outageSeen(before: WatchState, look: WatchLook, by: DecidedBy): WatchState {
  const found = downUnderRun(before, look, by);
  const wrongSeconds = found === null ? 0 : wrongFor(before.outage, found.down, look.seconds);
  if (found === null || wrongSeconds === 0) return { ...before, outage: null };
  const { asked = null, isTold = false } = before.outage ?? {};
  return { ...before, outage: { wrongSeconds, got: found.down.got, asked, isTold } };
}

/** What the run that has the host has to be looked at for; null when there is nothing, or nothing left to do. Pure. */
export function lastingOutage(state: WatchState, look: WatchLook, by: DecidedBy): OutageUnderRun | null {
  const found = downUnderRun(state, look, by);
  const { outage } = state;
  if (found === null || outage == null || outage.wrongSeconds < found.down.mustLastSeconds) return null;
  return outage.asked === found.holder.workflowId ? null : found;
}

/**
 * What is to be done, by what the run does that has the host. One that only waits for a person gives way, when its procedure
 * does, and when the answer may be started then. Users who are shut out on purpose are no outage. Else people are told, once.
 * Pure.
 */
export function outageStep(
  state: WatchState,
  { down, holder }: OutageUnderRun,
  doing: HolderState,
  by: DecidedBy & { readonly givesWay: (procedure: string) => boolean },
): OutageStep {
  if (doing === 'shuts users out') return 'nothing';
  const rank = by.answers[down.answer];
  const mayStart = rank !== undefined && !isHeldBack(state, rank) && loopGuard(state, down, by) === null;
  const waits = doing === 'waits at a gate' && holder.state === 'open' && by.givesWay(holder.procedure);
  if (waits && mayStart) return 'ask to abort';
  return state.outage?.isTold === true ? 'nothing' : 'tell people';
}

/** The state after that step. A run that was asked is not asked again, and the outage is to be answered afresh. Pure. */
export function outageHandled(
  state: WatchState,
  { down, holder }: OutageUnderRun,
  doing: HolderState,
  step: OutageStep,
): WatchState {
  // It counts from when they were meant to be let in again.
  if (doing === 'shuts users out' || state.outage == null) return { ...state, outage: null };
  if (step === 'nothing') return state;
  const told = { ...state.outage, isTold: true };
  if (step === 'tell people') return { ...state, outage: told };
  const { [down.name]: _answered, ...others } = state.incidents;
  const open = state.open.map((answer) =>
    answer.run === holder.workflowId ? { ...answer, gaveWay: true as const } : answer,
  );
  return { ...state, open, incidents: others, outage: { ...told, asked: holder.workflowId } };
}

/** An outage that is being mended needs nothing more. */
function downUnderRun(
  { open }: WatchState,
  { signals, holder }: WatchLook,
  { answers }: DecidedBy,
): OutageUnderRun | null {
  const mends = (procedure: string) => answers[procedure]?.mendsOutage === true;
  const down = signals.find(({ answer }) => mends(answer));
  if (down === undefined || holder == null) return null;
  return mends(holder.procedure) || open.some(({ answer }) => mends(answer)) ? null : { down, holder };
}
