import type { Effects } from './effects.ts';
import type { StepState } from './progress-meter.ts';

/** What a mutating activity works with, whoever runs it: the worker, or `recover` without any server. */
export interface MutationContext {
  readonly effects: Effects;
  /** The run's start in UTC, `YYYYMMDD_HHMMSS`: the source of every name that the run makes on the host. */
  readonly stamp: string;
  /** The step it serves. */
  readonly step: string;
  /** Counts the times that the run makes this step: after a person's retry, or because its plan changed. */
  readonly round: number;
  /** Aborted when the run is aborted or the worker stops; the mutation has ended its processes when it settles. */
  readonly signal: AbortSignal;
  /** Says how far it is: for the heartbeat and the checklist. */
  readonly progress: (state: StepState) => void;
}

/**
 * One retryable change of the host. It may run twice or be killed anywhere: repeating it gives the same result.
 * It knows nothing of Temporal.
 */
export type Mutation<Input, Result> = (context: MutationContext, input: Input) => Promise<Result>;

/** What a reading activity works with. */
export interface ReadContext {
  readonly stamp: string;
  readonly signal: AbortSignal;
  readonly progress: (state: StepState) => void;
}

/** One read of the host; changes nothing. */
export type Read<Input, Result> = (context: ReadContext, input: Input) => Promise<Result>;
