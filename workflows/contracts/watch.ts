import type { Holder } from './containment.ts';

/** One thing that the watch looks at, as one look at the host found it. */
export interface WatchSignal {
  /** What it is, as people read it: `app down`, `error rate`. Or an alert: `alert AppDown`. */
  readonly name: string;
  /** The last seconds of the look in which it was wrong, without a break; 0 when it was in order at the end. */
  readonly wrongSeconds: number;
  /** It counts once it was wrong for so long. */
  readonly mustLastSeconds: number;
  readonly got: string;
  readonly expected: string;
  /** The procedure that answers it. */
  readonly answer: string;
  /** What the procedure is started with, beside the host. */
  readonly input?: Readonly<Record<string, unknown>>;
}

/** What one look at the host found. */
export interface WatchLook {
  /** How long it took, in seconds. */
  readonly seconds: number;
  /** Why nothing is to be answered now: a run has the host, or an incident is open; null when it is free. */
  readonly muted: string | null;
  /** The run that has the host, unless an incident is open. A host's worker of an earlier version does not say. */
  readonly holder?: Holder | null;
  readonly signals: readonly WatchSignal[];
  /** What it could not measure; all else counts. A host's worker of an earlier version does not say. */
  readonly unmeasured?: readonly Unmeasured[];
}

/** One thing that a look could not measure. */
export interface Unmeasured {
  /** As people read it, and how the names of its signals begin: `memory` for `memory of app`. */
  readonly name: string;
  readonly because: string;
}

/** What comes from outside: an alert that fires, or does no more. */
export interface WatchAlert {
  /** The same for every message about one incident. */
  readonly fingerprint: string;
  readonly name: string;
  readonly firing: boolean;
  /** The procedure that answers it. */
  readonly answer: string;
  /** How long it counts unless it is sent again, in seconds. A control worker of an earlier version does not say. */
  readonly countsFor?: number;
}

/** An alert that fires, and when it was last heard, in milliseconds since the epoch. An earlier version did not note it. */
export interface HeardAlert extends WatchAlert {
  readonly heardAt?: number;
}

/** What the watch of one host goes by. */
export interface WatchRules {
  readonly host: string;
  /** How long one look takes, in seconds. */
  readonly everySeconds: number;
  /** So many answers are started within `withinSeconds`; then a person has to look. */
  readonly mostAnswers: number;
  readonly withinSeconds: number;
  /** So many emergencies are started within `withinSeconds`. A control worker of an earlier version does not say. */
  readonly mostEmergencies?: number;
}

/** One incident: from when something was wrong until it is in order again. */
export interface WatchedIncident {
  readonly wrongSeconds: number;
  readonly got: string;
  /** The run that answers it; null before it is started. */
  readonly run: string | null;
}

/** What the run that has a host does now, as the control worker sees it. */
export type HolderState = 'waits at a gate' | 'shuts users out' | 'works' | 'is gone';

/** FDTS is down while a run has the host, which nobody meant. */
export interface WatchedOutage {
  readonly wrongSeconds: number;
  readonly got: string;
  /** The run that was asked to give the host up. */
  readonly asked: string | null;
  readonly isTold: boolean;
}

/** An answer that is under way. */
export interface OpenAnswer {
  readonly run: string;
  readonly answer: string;
  /** When it was started, in milliseconds since the epoch. A watch of an earlier version did not note it. */
  readonly at?: number;
  /** The watch itself asked it to abort: that it did is no bad end. */
  readonly gaveWay?: true;
}

/**
 * What the watch knows of its host; it goes on with this after a `continueAsNew`. What is optional is not there in a watch
 * that an earlier version began.
 */
export interface WatchState {
  readonly incidents: Readonly<Record<string, WatchedIncident>>;
  readonly alerts: readonly HeardAlert[];
  /** When answers were started, in milliseconds since the epoch; old ones are forgotten, and those that were refused. */
  readonly startedAt: readonly number[];
  /** Answers that their host refused, by when they were started; old ones are forgotten. */
  readonly refused?: readonly { readonly at: number; readonly answer: string }[];
  /** When emergencies were started, in milliseconds since the epoch; old ones are forgotten, and those that were refused. */
  readonly emergencies?: readonly number[];
  /** Answers that are under way, by their run. */
  readonly open: readonly OpenAnswer[];
  /** Why nothing is started until a person says `clear`; null when all is well. */
  readonly blocked: string | null;
  /** Whether the block holds back what mends an outage, too; without it, it does. */
  readonly blocksOutage?: boolean;
  /** Whether the block holds back emergencies, too: only their own limit does. */
  readonly blocksEmergencies?: boolean;
  /** When a run last had the host, in milliseconds since the epoch: what users met until then is its doing. */
  readonly lastMutedAt: number | null;
  readonly outage?: WatchedOutage | null;
  /** How many looks in a row have failed. */
  readonly failedLooks?: number;
  /** How many looks in a row could not measure it, by its name. */
  readonly unmeasured?: Readonly<Record<string, number>>;
  /** How many runs were started since the watch began: part of their names. */
  readonly count: number;
}

/** The workflow that watches a host: one for each, by its name. */
export function watchIdOf(host: string): string {
  return `watch-${host}`;
}
