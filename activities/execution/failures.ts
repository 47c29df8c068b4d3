import { ApplicationFailure } from '@temporalio/activity';
import { OperationError, withHint } from '../adapters/operation-error.ts';

/** A failure that comes back this often is not one that waiting cures. */
const MAX_ATTEMPTS = 8;
/** An undo is worth more attempts: when it gives up, a person has to come. Its attempts include the worker's restarts. */
const MAX_UNDO_ATTEMPTS = 40;

/** Failures that something else ends, not the next attempt: for how long they do not count, in milliseconds. */
const CURED_BY_WAITING: Readonly<Record<string, number>> = {
  // The two workers of one host name take turns; the right one may be away for as long as a host may be.
  WRONG_MACHINE: Number.POSITIVE_INFINITY,
  // A Docker that restarts (an upgrade, a reboot) is back in minutes.
  ENGINE_DOWN: 600_000,
};

/** How much patience a failure deserves; without it only the attempts count. */
export interface Patience {
  /** The activity takes a step back. */
  readonly isUndo?: boolean;
  /** Milliseconds since the activity was asked for. */
  readonly waitedMs?: number;
}

/** Says an adapter's error to Temporal: its code as type, whether a retry can help, and what a person does next. */
export function toFailure(error: unknown, attempt: number, patience: Patience = {}): Error {
  if (error instanceof ApplicationFailure) return error;
  const isLast = attempt >= (patience.isUndo === true ? MAX_UNDO_ATTEMPTS : MAX_ATTEMPTS);
  if (error instanceof OperationError) {
    return ApplicationFailure.create({
      message: withHint(error),
      type: error.code,
      nonRetryable: !error.retryable || (isLast && !waitingCures(error, patience)),
      details: [{ operation: error.operation, target: error.target, hint: error.hint, ...error.details }],
    });
  }
  const told = error instanceof Error ? error.message : String(error);
  return ApplicationFailure.create({
    message: `${told}. This error is not one that the program expects: see the host worker's log`,
    type: 'UNEXPECTED',
    nonRetryable: isLast,
    details: [],
    ...(error instanceof Error ? { cause: error } : {}),
  });
}

/** Whether this failure says nothing about the change itself, so that it uses up none of its attempts. */
export function isOfTheSurroundings(error: unknown): boolean {
  return error instanceof OperationError && Object.hasOwn(CURED_BY_WAITING, error.code);
}

function waitingCures({ code }: OperationError, { waitedMs }: Patience): boolean {
  return waitedMs !== undefined && waitedMs < (CURED_BY_WAITING[code] ?? 0);
}
