import { ActivityFailure, ApplicationFailure, rootCause, TimeoutFailure } from '@temporalio/workflow';
import type { CheckResult } from '../contracts/calls.ts';
import type { Outcome } from '../contracts/outcome.ts';

/** Ends a run with a named outcome; the engine rolls back first when anything was changed. */
export class RunEnds extends Error {
  readonly outcome: Outcome;
  /** Only what was prepared is taken back: the host itself is as before, and "refused" is true all the same. */
  readonly onlyPrepared: boolean;

  constructor(outcome: Outcome, because: string, { onlyPrepared = false } = {}) {
    super(because);
    this.outcome = outcome;
    this.onlyPrepared = onlyPrepared;
  }
}

/** The end of a run whose checks failed: what was measured, and what to do about it. */
export function endOfFailed(
  failed: readonly CheckResult[],
  outcome: Outcome,
  how: { readonly onlyPrepared?: boolean } = {},
): RunEnds {
  const told = failed.map(
    ({ name, got, expected, answer }) =>
      `${name}: got ${got}, expected ${expected}${answer === undefined ? '' : `; ${answer}`}`,
  );
  return new RunEnds(outcome, told.join('. '), how);
}

/** A step that failed for good. */
export class StepFailed extends Error {
  readonly step: string;
  readonly type: string;
  readonly details: readonly unknown[];

  constructor(step: string, failure: StepFailure) {
    super(failure.message);
    this.step = step;
    this.type = failure.type;
    this.details = failure.details;
  }
}

/** Why an activity failed, in words for an operator. */
export interface StepFailure {
  /** `OperationError.code`, or what Temporal calls it. */
  readonly type: string;
  readonly message: string;
  readonly details: readonly unknown[];
}

/** Reads what the activity's failure says: code, message, hint; an absent worker is said plainly. */
export function describeFailure(error: unknown, taskQueue: string): StepFailure {
  if (error instanceof ActivityFailure) {
    const cause = error.cause;
    if (cause instanceof TimeoutFailure && cause.timeoutType === 'SCHEDULE_TO_START') {
      return {
        type: 'WORKER_ABSENT',
        message: `no worker took the work on queue ${taskQueue}: start the host's worker (systemctl start fdts-ops-host) and start the run again`,
        details: [],
      };
    }
    if (cause instanceof TimeoutFailure && cause.timeoutType === 'SCHEDULE_TO_CLOSE') {
      const last = cause.cause === undefined ? '' : `; the last attempt: ${rootCause(cause)}`;
      return {
        type: 'OUT_OF_TIME',
        message: `${error.activityType} on queue ${taskQueue} did not end in the time that it had${last}`,
        details: [],
      };
    }
    if (cause instanceof TimeoutFailure) {
      return {
        type: 'TIMED_OUT',
        message: `the worker on queue ${taskQueue} gave no sign of life during ${error.activityType} (${cause.timeoutType}): see its log`,
        details: [],
      };
    }
    if (cause instanceof ApplicationFailure) {
      return { type: cause.type ?? 'Error', message: cause.message, details: cause.details ?? [] };
    }
  }
  return { type: 'Error', message: rootCause(error) ?? String(error), details: [] };
}
