import type { WatchRules, WatchSignal, WatchState } from '../contracts/watch.ts';

/** How far an answer goes before others. */
export interface AnswerRank {
  /** It goes before a run that has the host, and before every block but that of its own limit. */
  readonly emergency: boolean;
  /** What is down is mended at any time: only its own bad end and the loop guard hold it back. */
  readonly mendsOutage: boolean;
}

/** The procedures that may be started, by name. */
export type Answers = Readonly<Record<string, AnswerRank>>;

/** What the watch decides by. */
export interface DecidedBy {
  readonly rules: WatchRules;
  readonly answers: Answers;
}

/** Whether a person has to say `clear` before this answer is started. Pure. */
export function isHeldBack(
  { blocked, blocksOutage = true, blocksEmergencies = false }: WatchState,
  rank: AnswerRank,
): boolean {
  if (blocked === null) return false;
  if (rank.emergency) return blocksEmergencies;
  return blocksOutage || !rank.mendsOutage;
}

/** What is started all the same while the watch is blocked, as people read it: `nothing but emergencies`. Pure. */
export function startedStill({ blocksOutage = true, blocksEmergencies = false }: WatchState): string {
  const still = [...(blocksOutage ? [] : ['applicationDown']), ...(blocksEmergencies ? [] : ['emergencies'])];
  return still.length === 0 ? 'nothing' : `nothing but ${still.join(' and ')}`;
}

/** What a block holds back beside everything else. */
interface HeldBack {
  readonly outage: boolean;
  readonly emergencies?: boolean;
}

/** The state with one more reason to start nothing. Pure. */
export function withBlock(
  state: WatchState,
  because: string,
  { outage, emergencies = false }: HeldBack,
): WatchState {
  const { blocked } = state;
  const blockedOutage = blocked !== null && (state.blocksOutage ?? true);
  const blockedEmergencies = blocked !== null && (state.blocksEmergencies ?? false);
  return {
    ...state,
    blocked: blocked === null ? because : `${blocked}; ${because}`,
    blocksOutage: blockedOutage || outage,
    blocksEmergencies: blockedEmergencies || emergencies,
  };
}

/** For rules of an earlier version. */
const USUALLY_MOST_EMERGENCIES = 2;

/** The loop guard: the state that is blocked, when one more answer would be too many; null when it may be started. Pure. */
export function loopGuard(
  state: WatchState,
  { name, answer }: Pick<WatchSignal, 'name' | 'answer'>,
  { rules, answers }: DecidedBy,
): WatchState | null {
  const { mostAnswers, mostEmergencies = USUALLY_MOST_EMERGENCIES, withinSeconds } = rules;
  const rank = answers[answer];
  if (rank === undefined) return null;
  const within = `within ${Math.round(withinSeconds / 3600)} h, and ${name} asks for ${answer}: something comes back`;
  if (rank.emergency) {
    const started = (state.emergencies ?? []).length;
    const refused = (state.refused ?? []).filter((one) => answers[one.answer]?.emergency === true).length;
    if (started < mostEmergencies && refused < mostAnswers) return null;
    const count =
      started < mostEmergencies
        ? `${refused} emergencies were refused`
        : `${started} emergencies were started`;
    const because = `${count} ${within}`;
    return withBlock(state, because, { outage: false, emergencies: true });
  }
  if (startsAgainst(state, answers, rank.mendsOutage) < mostAnswers) return null;
  const because = `${mostAnswers} answers were started ${within}`;
  return withBlock(state, because, { outage: startsAgainst(state, answers, true) >= mostAnswers });
}

/**
 * How many starts count against an answer. What was refused, as in a freeze, has mended nothing and says nothing of an app
 * that is down: against that only its own refusals count.
 */
function startsAgainst(
  { startedAt, refused = [] }: WatchState,
  answers: Answers,
  mendsOutage: boolean,
): number {
  const counted = refused.filter(({ answer }) => !mendsOutage || answers[answer]?.mendsOutage === true);
  return startedAt.length + counted.length;
}

/** An emergency that a block holds back is told, once for each signal: it may be another one than those before. Pure. */
export function withHeldBack(state: WatchState, { name, answer }: WatchSignal): WatchState {
  const told = `${name} asks for ${answer}`;
  if (state.blocked === null || state.blocked.includes(told)) return state;
  return { ...state, blocked: `${state.blocked}; ${told}, which is not started` };
}
