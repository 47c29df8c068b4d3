import type { WatchedIncident, WatchLook, WatchSignal, WatchState } from '../contracts/watch.ts';
import { alertSignal, stillCounting, unanswered } from './alerts.ts';
import { type AnswerRank, type DecidedBy, isHeldBack, loopGuard, withHeldBack } from './block.ts';
import { answeredUnseen } from './unmeasured.ts';

export const NOTHING_SEEN: WatchState = {
  incidents: {},
  alerts: [],
  startedAt: [],
  open: [],
  blocked: null,
  lastMutedAt: null,
  count: 0,
};

/** What follows from one look: the state after it, and the signal whose answer is to be started. */
export interface Verdict {
  readonly state: WatchState;
  readonly answer: WatchSignal | null;
}

/**
 * Decides what to do about one look at the host: at most one answer, the first signal's; none while a run has the host or
 * an incident is open, none for an incident that has its answer, none that a block holds back, and none beyond the limit of
 * the loop guard. What no procedure answers is told only. Pure.
 */
export function nextAnswer(
  before: WatchState,
  look: WatchLook,
  { now, ...by }: DecidedBy & { readonly now: number },
): Verdict {
  const { rules, answers } = by;
  const rankOf = ({ answer }: WatchSignal): AnswerRank =>
    answers[answer] ?? { emergency: false, mendsOutage: false };
  const alerts = stillCounting(before.alerts, now);
  const signals = [...look.signals, ...alerts.map(alertSignal)]
    .filter(({ answer }) => answers[answer] !== undefined)
    .filter((signal) => look.muted === null || rankOf(signal).emergency);
  const seen = Object.fromEntries(
    signals.flatMap((signal) => {
      const wrongSeconds = wrongFor(before.incidents[signal.name], signal, look.seconds);
      const run = before.incidents[signal.name]?.run ?? null;
      return wrongSeconds === 0 ? [] : [[signal.name, { wrongSeconds, got: signal.got, run }] as const];
    }),
  );
  const isRecent = (at: number) => now - at < rules.withinSeconds * 1000;
  const state: WatchState = {
    ...before,
    alerts,
    incidents: { ...(look.muted === null ? answeredUnseen(before, look) : withAnswer(before)), ...seen },
    lastMutedAt: look.muted === null ? before.lastMutedAt : now,
    startedAt: before.startedAt.filter(isRecent),
    emergencies: (before.emergencies ?? []).filter(isRecent),
    refused: (before.refused ?? []).filter(({ at }) => isRecent(at)),
  };
  const unansweredYet = signals.filter((signal) => {
    const incident = state.incidents[signal.name];
    return incident?.run === null && incident.wrongSeconds >= signal.mustLastSeconds;
  });
  const due = unansweredYet.find((signal) => !isHeldBack(state, rankOf(signal)));
  if (due === undefined) {
    const heldBack = unansweredYet.filter((signal) => rankOf(signal).emergency);
    return { state: heldBack.reduce(withHeldBack, state), answer: null };
  }
  const guarded = loopGuard(state, due, by);
  return guarded === null ? { state, answer: due } : { state: guarded, answer: null };
}

/** An answer that is started now, in milliseconds since the epoch. */
export interface StartedAnswer {
  readonly signal: WatchSignal;
  readonly run: string;
  readonly now: number;
}

/** The state once an answer was started. Pure. */
export function answered(
  state: WatchState,
  { signal, run, now }: StartedAnswer,
  answers: DecidedBy['answers'],
): WatchState {
  const incident = state.incidents[signal.name];
  if (incident === undefined) return state;
  const isEmergency = answers[signal.answer]?.emergency === true;
  return {
    ...state,
    incidents: { ...state.incidents, [signal.name]: { ...incident, run } },
    startedAt: [...state.startedAt, now],
    emergencies: [...(state.emergencies ?? []), ...(isEmergency ? [now] : [])],
    open: [...state.open, { run, answer: signal.answer, at: now }],
    count: state.count + 1,
  };
}

/** A person has looked: answers are started again, also for what is wrong now, and alerts that are sent again. Pure. */
export function cleared(state: WatchState): WatchState {
  return {
    ...state,
    alerts: unanswered(state),
    incidents: {},
    startedAt: [],
    emergencies: [],
    refused: [],
    blocked: null,
    outage: null,
  };
}

/**
 * For how long it has been wrong, in seconds; 0: it is in order. A look that was wrong from its first second on adds to the
 * looks before it. Pure.
 */
export function wrongFor(
  before: Pick<WatchedIncident, 'wrongSeconds'> | null | undefined,
  { wrongSeconds }: WatchSignal,
  lookSeconds: number,
): number {
  const earlier = wrongSeconds >= lookSeconds ? (before?.wrongSeconds ?? 0) : 0;
  return wrongSeconds === 0 ? 0 : earlier + Math.min(wrongSeconds, lookSeconds);
}

/** While a run has the host what is wrong is its doing: only incidents with an answer are remembered. */
function withAnswer({ incidents }: WatchState): WatchState['incidents'] {
  return Object.fromEntries(Object.entries(incidents).filter(([, { run }]) => run !== null));
}
