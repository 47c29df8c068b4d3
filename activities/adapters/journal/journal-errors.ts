import type { Incident } from '../../../workflows/contracts/containment.ts';
import type { EndOnHost } from '../../../workflows/contracts/end-on-host.ts';
import { OperationError } from '../operation-error.ts';
import { type JournalRun, RESERVED, type Reservation, type RunIdentity } from './journal-rows.ts';

function describeHolder(holder: JournalRun): string {
  return `${holder.procedure} (run ${holder.workflowId}) since ${holder.startedAt}, last change "${holder.step ?? 'none yet'}"`;
}

/** Another run has the host: names it, and says what to do. */
export function busy(holder: JournalRun): OperationError {
  const quarantined = holder.state === 'needs-operator';
  return new OperationError({
    code: 'HOST_BUSY',
    operation: 'take the hold of',
    target: 'this host',
    cause: `${quarantined ? 'the host is quarantined after' : 'it is held by'} ${describeHolder(holder)}`,
    hint: quarantined
      ? 'On the host run "sudo fdts-ops recover" (finishes or takes back what is left), or "sudo fdts-ops clear --reason …" once it is mended by hand.'
      : 'See its checklist (it may wait for a person), wait for it, or abort it; if its run is no longer running (terminated, server lost), run "sudo fdts-ops recover" on the host.',
    retryable: false,
  });
}

/** An incident is open on the host: names it, and says what to do. */
export function incidentOpen({ procedure, workflowId, since, safeState, left }: Incident): OperationError {
  return new OperationError({
    code: 'INCIDENT_OPEN',
    operation: 'take the hold of',
    target: 'this host',
    cause: `an incident is open: ${procedure} (run ${workflowId}) has left the host ${safeState} since ${since}`,
    hint: `Nothing else changes the host until it is closed. Next: ${left.join('; ')}. Or start ${procedure} again, which takes the incident over; or, once it is mended by hand, on the host "sudo fdts-ops clear --reason …".`,
    retryable: false,
  });
}

/** Another run of the same procedure waits for its window on this host: names it, and says what to do. */
export function reserved({ procedure, workflowId, opensAt, closesAt }: Reservation): OperationError {
  return new OperationError({
    code: 'HOST_RESERVED',
    operation: 'reserve',
    target: 'this host',
    cause: `${procedure} (run ${workflowId}) has reserved it for its window from ${opensAt} to ${closesAt}`,
    hint: `Wait for it, or stop it: fdts-ops abort ${workflowId}. If its run was terminated: on the host see that "sudo fdts-ops doctor" names no run that has it and no open incident (clear would end those too), then "sudo fdts-ops clear --force --reason …" lifts the reservation.`,
    retryable: false,
  });
}

/** The run does not own the host any more. `end`: how it ended here, when the journal says so. */
export function fencedOff(
  run: RunIdentity,
  because: string,
  holder: JournalRun | null,
  end: EndOnHost | null = null,
): OperationError {
  return new OperationError({
    code: 'FENCED_OFF',
    operation: 'change',
    target: 'this host',
    cause: `run ${run.workflowId} may not change it any more: ${because}`,
    hint:
      holder === null
        ? 'Nothing is left to do for this run.'
        : `The host belongs to ${describeHolder(holder)}.`,
    retryable: false,
    ...(end === null ? {} : { details: { ...end } }),
  });
}

/** The run has ended on this host, and what is asked of it comes late. */
export function alreadyEnded(mine: JournalRun, holder: JournalRun | null): OperationError {
  return fencedOff(
    mine,
    `on this host it has already ended as ${mine.outcome ?? mine.state}`,
    holder,
    endOf(mine),
  );
}

/** One that waits for its window is not at its end, and one that needs an operator neither. */
function endOf({ state, outcome }: JournalRun): EndOnHost | null {
  return state !== 'closed' || outcome === null || outcome === RESERVED ? null : { endedAs: outcome };
}

/**
 * Every attempt that is allowed was made, and none ended well. `how`: `begun` or `failed`. `error`: what the last that
 * failed said; null when none came as far as to say anything.
 */
export function attemptsUsedUp(
  step: string,
  attempts: number,
  { how, error }: { readonly how: 'begun' | 'failed'; readonly error: string | null },
): OperationError {
  const used =
    how === 'begun' ? `${attempts} attempts were begun, none ended well` : `${attempts} attempts failed`;
  return new OperationError({
    code: 'ATTEMPTS_USED_UP',
    operation: 'begin',
    target: step,
    cause: error === null ? used : `${used}. The last that failed said: ${error}`,
    hint: "The host worker's log says what ended each: journalctl -u fdts-ops-host -e, on the host.",
    retryable: false,
  });
}

/** The run that `recover` was to take over ended while it was planned. */
export function endedMeanwhile(run: RunIdentity, outcome: string | null): OperationError {
  return new OperationError({
    code: 'RUN_ENDED',
    operation: 'recover',
    target: `run ${run.workflowId}`,
    cause: `it has ended meanwhile as ${outcome ?? 'unknown'}`,
    hint: 'Nothing is left to do for it; run "sudo fdts-ops recover --dry-run" again to see who has the host now.',
    retryable: false,
  });
}
