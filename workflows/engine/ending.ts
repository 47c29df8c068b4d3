import type { Containment } from '../contracts/containment.ts';
import type { Outcome } from '../contracts/outcome.ts';
import { asEndedOnHost, endOnHost } from './ended-on-host.ts';
import { describeFailure, RunEnds, StepFailed, type StepFailure } from './failure.ts';
import type { StepsById } from './procedure.ts';
import { rollBack } from './rollback.ts';
import type { Run } from './run.ts';

/** How a body or a rollback ended. */
export interface Ending {
  readonly outcome: Outcome;
  readonly because: string;
  readonly commandsLeft: readonly string[];
  /** The run was cancelled in the UI or by the API, and so closes as Canceled. */
  readonly cancelled: boolean;
  /** False when the host fenced the run off: then it must not touch the host's journal any more. */
  readonly ownsHost: boolean;
}

/** The end of a body that ran through: good, unless a check failed. */
export function endingOfChecks(run: Run<StepsById>): Ending {
  const failed = run.checks.filter((check) => check.status === 'fail');
  const plain = { commandsLeft: [], cancelled: false, ownsHost: true };
  if (failed.length === 0) {
    const because = run.dryRun ? 'dry run: nothing was changed' : goodEnd(run);
    return { ...plain, outcome: 'completed', because };
  }
  const answers = failed.map(
    ({ name, got, answer }) => `${name}: ${got}${answer === undefined ? '' : ` (${answer})`}`,
  );
  return { ...plain, outcome: 'attention-needed', because: answers.join('; ') };
}

function goodEnd({ checks }: Run<StepsById>): string {
  const open = [...new Set(checks.filter(({ status }) => status === 'not proven').map(({ name }) => name))];
  return open.length === 0
    ? 'every step and check passed'
    : `every step passed; not proven: ${open.join(', ')}`;
}

/** Rolls back what the failure left, and names the end. Call it in a scope that nothing can cancel. */
export async function endAfter(run: Run<StepsById>, error: unknown): Promise<Ending> {
  const named = orForGood(run, nameEnd(run, error));
  const cancelled = run.decisions.made.some((decision) => decision.what === 'cancel');
  const host = run.host;
  run.decisions.endsBecause('the run already takes back what it changed');
  if (error instanceof StepFailed && error.type === 'FENCED_OFF') return fencedOff(run, error, named.because);
  if (host === null || run.dryRun) return { ...named, commandsLeft: [], cancelled, ownsHost: true };
  const { isForGood } = run.wayBack;
  const rollback = await rollBack(run, host);
  run.section('Taken back', rollback.undone);
  const { safeState } = run.wayBack;
  if (rollback.complete && safeState !== null) return contained(safeState, named.because);
  // Where nothing was taken back, nobody was let in by that.
  if (rollback.complete && !isForGood) run.letUsersIn('between the stop and the end of the rollback');
  if (rollback.complete) return { ...named, commandsLeft: [], cancelled, ownsHost: true };
  const because = `${named.because}. Then the rollback stopped: ${rollback.failure}`;
  if (rollback.fencedOff !== null) return fencedOff(run, rollback.fencedOff, because);
  return {
    outcome: 'needs-operator',
    because,
    commandsLeft: rollback.commandsLeft,
    cancelled: false,
    ownsHost: true,
  };
}

// Never closes as Canceled either: an incident that stays open must be loud.
function contained({ safeState, left }: Containment, because: string): Ending {
  return {
    outcome: 'contained',
    because: `${because}. The host stays ${safeState}, and its incident stays open`,
    commandsLeft: left,
    cancelled: false,
    ownsHost: true,
  };
}

// Never closes as Canceled: somebody else took the host, which a list of cancelled runs would hide.
function fencedOff(
  { wayBack }: Run<StepsById>,
  failure: Pick<StepFailure, 'type' | 'details'>,
  because: string,
): Ending {
  const outcome = endOnHost(failure);
  const end =
    outcome === null
      ? { outcome: 'needs-operator' as const, because, commandsLeft: [FENCED_OFF_ADVICE] }
      : asEndedOnHost(outcome, because, wayBack.safeState);
  return { ...end, cancelled: false, ownsHost: false };
}

const FENCED_OFF_ADVICE =
  'fdts-ops runs    # this run no longer owns the host: look there, or on the host with "fdts-ops recover --dry-run"';

function nameEnd(run: Run<StepsById>, error: unknown): { outcome: Outcome; because: string } {
  const { abortReason, stoppedAt } = run.decisions;
  // What failed while it was being stopped is not why it ended; only a host that fenced it off says more.
  if (abortReason !== null && !(error instanceof StepFailed)) {
    const atGate = stoppedAt !== null && run.procedure.steps[stoppedAt]?.kind === 'gate';
    return { outcome: atGate ? 'rejected' : 'aborted', because: abortReason };
  }
  if (error instanceof RunEnds) {
    const outcome = error.onlyPrepared ? error.outcome : truthful(error.outcome, run);
    return { outcome, because: error.message };
  }
  const because =
    error instanceof StepFailed
      ? `${run.record(error.step).title}: ${error.message}`
      : describeFailure(error, run.host?.taskQueue ?? '').message;
  return { outcome: run.hasChanged ? 'rolled-back' : 'refused', because };
}

// Nothing was taken back, so the old state does not serve again: it is not known what does.
function orForGood({ wayBack }: Run<StepsById>, named: ReturnType<typeof nameEnd>) {
  if (!wayBack.isForGood || named.outcome !== 'rolled-back') return named;
  const because = `${named.because}. Nothing was taken back, since users were being let in. Mend it, then "sudo fdts-ops recover" on the host goes on`;
  return { outcome: 'needs-operator' as const, because };
}

// "Refused" says that nothing was changed, "rolled back" that something was.
function truthful(outcome: Outcome, run: Run<StepsById>): Outcome {
  if (outcome !== 'refused' && outcome !== 'rolled-back') return outcome;
  return run.hasChanged ? 'rolled-back' : 'refused';
}
