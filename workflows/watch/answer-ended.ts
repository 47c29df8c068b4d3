import type { OpenAnswer, WatchState } from '../contracts/watch.ts';
import { alertSignal } from './alerts.ts';
import { type Answers, withBlock } from './block.ts';

/** How an answer ended, and when that was heard, in milliseconds since the epoch. */
export interface AnswerEnd {
  readonly run: string;
  /** Its outcome, or how the server closed it. */
  readonly outcome: string;
  readonly now: number;
}

/**
 * The state once an answer has ended. One that mended it is the answer to alerts that asked for the same, and are not resolved
 * yet; what the watch itself measures is measured anew, and answered again, as often as the loop guard bears. One that its host refused blocks nothing: its incident counts as answered until it is over, but an outage
 * or an emergency is answered again, as often as the loop guard bears. One that gave way leaves its incident to be answered again. Every other one blocks the next until a person has looked; an app that
 * is down is mended all the same, unless it was that which ended badly. Pure.
 */
export function ended(before: WatchState, { run, outcome, now }: AnswerEnd, answers: Answers): WatchState {
  const ending = before.open.find((other) => other.run === run);
  // It may have had the host between two looks, so that neither of them saw it.
  const state = { ...before, open: before.open.filter((other) => other !== ending), lastMutedAt: now };
  const isOutage = ending === undefined || answers[ending.answer]?.mendsOutage === true;
  if (outcome === 'completed') return { ...state, incidents: withAlertsAnswered(state, run, ending) };
  if (outcome === 'refused') {
    const refused = withRefused(state, ending);
    const isAnsweredAgain = isOutage || answers[ending.answer]?.emergency === true;
    return isAnsweredAgain ? { ...refused, incidents: withoutAnswer(refused, run) } : refused;
  }
  if (ending?.gaveWay === true && ENDS_OF_ASKED.includes(outcome))
    return { ...state, incidents: withoutAnswer(state, run) };
  return withBlock(state, `${run} ended as ${outcome}`, { outage: isOutage });
}

/** How a run ends that was asked to abort and could. */
const ENDS_OF_ASKED: readonly string[] = ['rejected', 'aborted'];

/**
 * What fell down again before a look saw it in order would keep its answer for good, and nobody would be told. Of an alert
 * only whoever sends it knows whether it is over.
 */
function withAlertsAnswered(
  state: WatchState,
  run: string,
  ending: OpenAnswer | undefined,
): WatchState['incidents'] {
  const same = state.alerts.filter(({ answer }) => answer === ending?.answer).map(alertSignal);
  const byIt = same.map(({ name, got }) => [name, { wrongSeconds: 0, got, run }] as const);
  return { ...withoutAnswer(state, run), ...Object.fromEntries(byIt) };
}

/** It began nothing, and so is no sign of something that comes back. */
function withRefused(state: WatchState, ending: OpenAnswer | undefined): WatchState {
  const at = ending?.at;
  if (ending === undefined || at === undefined) return state;
  return {
    ...state,
    startedAt: state.startedAt.filter((other) => other !== at),
    emergencies: (state.emergencies ?? []).filter((other) => other !== at),
    refused: [...(state.refused ?? []), { at, answer: ending.answer }],
  };
}

function withoutAnswer({ incidents }: WatchState, run: string): WatchState['incidents'] {
  return Object.fromEntries(Object.entries(incidents).filter(([, incident]) => incident.run !== run));
}
