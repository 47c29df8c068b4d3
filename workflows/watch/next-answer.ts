import type {
  WatchAlert,
  WatchedIncident,
  WatchLook,
  WatchRules,
  WatchSignal,
  WatchState,
} from '../contracts/watch.ts';

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

/** The procedures that may be started, by name. An emergency goes before a run that has the host, and before a block. */
export type Answers = Readonly<Record<string, { readonly emergency: boolean }>>;

/**
 * Decides what to do about one look at the host: at most one answer, the first signal's; none while a run has the host or
 * an incident is open, none for an incident that has its answer, and none beyond the limit of the loop guard. What no
 * procedure answers is told only. Pure.
 */
export function nextAnswer(
  before: WatchState,
  look: WatchLook,
  { rules, answers, now }: { readonly rules: WatchRules; readonly answers: Answers; readonly now: number },
): Verdict {
  const isEmergency = ({ answer }: WatchSignal) => answers[answer]?.emergency === true;
  const signals = [...look.signals, ...before.alerts.map(alertSignal)]
    .filter(({ answer }) => answers[answer] !== undefined)
    .filter((signal) => look.muted === null || isEmergency(signal));
  const seen = Object.fromEntries(
    signals.flatMap((signal) => {
      const incident = continued(before.incidents[signal.name], signal, look.seconds);
      return incident === null ? [] : [[signal.name, incident] as const];
    }),
  );
  const incidents = look.muted === null ? seen : { ...withAnswer(before), ...seen };
  const lastMutedAt = look.muted === null ? before.lastMutedAt : now;
  const state = { ...before, incidents, lastMutedAt, startedAt: recent(before.startedAt, rules, now) };
  const due = signals.find((signal) => {
    const incident = incidents[signal.name];
    if (incident === undefined || incident.run !== null) return false;
    return incident.wrongSeconds >= signal.mustLastSeconds && (state.blocked === null || isEmergency(signal));
  });
  if (due === undefined) return { state, answer: null };
  if (state.startedAt.length < rules.mostAnswers) return { state, answer: due };
  return { state: { ...state, blocked: tooOften(due, rules) }, answer: null };
}

/** The state once an answer was started. Pure. */
export function answered(state: WatchState, signal: WatchSignal, run: string, now: number): WatchState {
  const incident = state.incidents[signal.name];
  if (incident === undefined) return state;
  return {
    ...state,
    incidents: { ...state.incidents, [signal.name]: { ...incident, run } },
    startedAt: [...state.startedAt, now],
    open: [...state.open, { run, answer: signal.answer }],
    count: state.count + 1,
  };
}

/** How an answer ended, and when that was heard, in milliseconds since the epoch. */
export interface AnswerEnd {
  readonly run: string;
  readonly outcome: string;
  readonly isGood: boolean;
  readonly now: number;
}

/**
 * The state once an answer has ended: one that did not mend it blocks the next until a person has looked; one that did is
 * the answer to alerts that asked for the same meanwhile, and are not resolved yet. Pure.
 */
export function ended(state: WatchState, { run, outcome, isGood, now }: AnswerEnd): WatchState {
  const open = state.open.filter((other) => other.run !== run);
  const answer = state.open.find((other) => other.run === run)?.answer;
  const same = state.alerts.filter((alert) => isGood && alert.answer === answer).map(alertSignal);
  const byIt = same.map(({ name, got }) => [name, { wrongSeconds: 0, got, run }] as const);
  const incidents = { ...state.incidents, ...Object.fromEntries(byIt) };
  const blocked = isGood ? state.blocked : `${run} ended as ${outcome}`;
  // It may have had the host between two looks, so that neither of them saw it.
  return { ...state, incidents, open, blocked, lastMutedAt: now };
}

/** The state once an alert was heard; the same one again changes nothing. Pure. */
export function heard(state: WatchState, alert: WatchAlert): WatchState {
  const others = state.alerts.filter(({ fingerprint }) => fingerprint !== alert.fingerprint);
  return { ...state, alerts: alert.firing ? [...others, alert] : others };
}

/** A person has looked: answers are started again, also for what is wrong now. Pure. */
export function cleared(state: WatchState): WatchState {
  return { ...state, incidents: {}, startedAt: [], blocked: null };
}

/** An alert is wrong for as long as it fires, and counts at once: its duration was measured where it comes from. */
function alertSignal({ name, fingerprint, answer }: WatchAlert): WatchSignal {
  return {
    name: `alert ${name} ${fingerprint}`,
    wrongSeconds: Number.POSITIVE_INFINITY,
    mustLastSeconds: 0,
    got: 'fires',
    expected: 'does not fire',
    answer,
  };
}

/** null: it is in order. A look that was wrong from its first second on adds to the looks before it. */
function continued(
  before: WatchedIncident | undefined,
  { wrongSeconds, got }: WatchSignal,
  lookSeconds: number,
): WatchedIncident | null {
  if (wrongSeconds === 0) return null;
  const wholeLook = wrongSeconds >= lookSeconds;
  return {
    wrongSeconds: (wholeLook ? (before?.wrongSeconds ?? 0) : 0) + Math.min(wrongSeconds, lookSeconds),
    got,
    run: before?.run ?? null,
  };
}

/** While a run has the host what is wrong is its doing: only incidents with an answer are remembered. */
function withAnswer({ incidents }: WatchState): WatchState['incidents'] {
  return Object.fromEntries(Object.entries(incidents).filter(([, { run }]) => run !== null));
}

function recent(startedAt: readonly number[], { withinSeconds }: WatchRules, now: number): readonly number[] {
  return startedAt.filter((at) => now - at < withinSeconds * 1000);
}

function tooOften({ name, answer }: WatchSignal, { mostAnswers, withinSeconds }: WatchRules): string {
  return `${mostAnswers} answers were started within ${Math.round(withinSeconds / 3600)} h, and ${name} asks for ${answer}: something comes back`;
}
