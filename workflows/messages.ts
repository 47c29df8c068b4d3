import { defineQuery, defineSignal, defineUpdate } from '@temporalio/workflow';
import type { Progress } from './contracts/report.ts';
import type { WatchAlert, WatchRules, WatchState } from './contracts/watch.ts';

/** What a person may say with a decision; every field is optional, no payload at all is valid. */
export interface DecisionMessage {
  /** Who decides; self-declared. */
  readonly by?: string;
  readonly reason?: string;
  /** The gate or step it is meant for; without it, the one that is open when it arrives. */
  readonly gate?: string;
  /** The plan code; needed when a gate has reopened because its plan changed. */
  readonly plan?: string;
}

export const approveSignal = defineSignal<[DecisionMessage?]>('approve');
export const abortSignal = defineSignal<[DecisionMessage?]>('abort');
export const retrySignal = defineSignal<[DecisionMessage?]>('retry');
export const skipSignal = defineSignal<[DecisionMessage?]>('skip');

/** The type of the failure with which an update answers a decision that changed nothing. */
export const NOT_COUNTED = 'NOT_COUNTED';

/** The same as the signals, and they answer: what the decision did; one that changed nothing fails and says why. */
export const approveUpdate = defineUpdate<string, [DecisionMessage?]>('approve');
export const abortUpdate = defineUpdate<string, [DecisionMessage?]>('abort');
export const retryUpdate = defineUpdate<string, [DecisionMessage?]>('retry');
export const skipUpdate = defineUpdate<string, [DecisionMessage?]>('skip');

export const progressQuery = defineQuery<Progress>('progress');

/** To the watch of a host: an alert that fires or does no more. */
export const watchAlertSignal = defineSignal<[WatchAlert]>('alert');
/** To the watch of a host: what it goes by from here. */
export const watchRulesSignal = defineSignal<[WatchRules]>('rules');
/** To the watch of a host: a person has looked, answers are started again. */
export const watchClearSignal = defineSignal('clear');
export const watchQuery = defineQuery<WatchState>('watch');
