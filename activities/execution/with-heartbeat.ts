import { ApplicationFailure, CancelledFailure, Context } from '@temporalio/activity';
import { type Patience, toFailure } from './failures.ts';
import { ProgressMeter, type StepState } from './progress-meter.ts';
import { ProgressTeller } from './progress-teller.ts';

const HEARTBEAT_MS = 1000;

/** Says how far a step is. */
export type Tell = (state: StepState) => void;

/**
 * Does the work of an activity with heartbeats, and says its failures to Temporal. Cancellation reaches an activity only
 * with its heartbeats, so every activity heartbeats, however short it is.
 */
export async function withHeartbeat<Result>(
  step: string | null,
  work: (signal: AbortSignal, progress: Tell) => Promise<Result>,
  patience: () => Patience = () => ({}),
): Promise<Result> {
  const context = Context.current();
  const meter = new ProgressMeter();
  const teller = step === null ? null : new ProgressTeller(context, step);
  const beat = (): void => {
    context.heartbeat(meter.text);
    if (meter.text !== null) teller?.tell(meter.text);
  };
  const timer = setInterval(beat, HEARTBEAT_MS);
  try {
    beat();
    return await work(context.cancellationSignal, (state) => meter.note(state, Date.now()));
  } catch (error) {
    throw whyStopped(context) ?? toFailure(error, context.info.attempt, patience());
  } finally {
    clearInterval(timer);
  }
}

// A worker that shuts down cancels its activities too: that is no abort, the next worker goes on.
function whyStopped(context: Context): Error | null {
  if (!context.cancellationSignal.aborted) return null;
  const details = context.cancellationDetails;
  if (details?.cancelRequested === true) return new CancelledFailure('stopped as requested');
  return ApplicationFailure.retryable(
    'the worker stopped or lost this attempt; the step is tried again',
    'ATTEMPT_ENDED',
  );
}
