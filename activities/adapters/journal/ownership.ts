import type { Ticket } from '../../../workflows/contracts/calls.ts';
import type { IncidentRows } from './incident-rows.ts';
import { alreadyEnded, busy, fencedOff, incidentOpen, reserved } from './journal-errors.ts';
import { type JournalRun, RESERVED, type ReservedTime, type RunIdentity } from './journal-rows.ts';
import type { ReservationRows } from './reservation-rows.ts';
import type { RunRows } from './run-rows.ts';

/** What the journal knows of who has the host, inside one of its transactions. */
export interface Owners {
  readonly runs: RunRows;
  readonly reservations: ReservationRows;
  readonly incidents: IncidentRows;
}

/** Who asks for the hold of a host. `emergency`: open incidents of other procedures do not keep it out. */
export interface HoldRequest {
  readonly procedure: string;
  readonly stamp: string;
  readonly emergency?: boolean;
}

/**
 * Gives the hold to a run; `known` is the fence that it has already, when it waited for its window without the hold.
 * @throws OperationError `HOST_BUSY`, `HOST_RESERVED` (another run of the same procedure waits for its window),
 * `FENCED_OFF`.
 */
export function giveHold(owners: Owners, run: RunIdentity, what: HoldRequest, known: number): number {
  const { runs, reservations } = owners;
  const holder = runs.open();
  if (holder !== null) {
    if (isSame(holder, run)) return holder.fence;
    throw busy(holder);
  }
  refuseSecond(owners, run, what);
  refuseReset(runs, run, what);
  const mine = runs.find(run);
  if (mine === null || mine.outcome === RESERVED) enterIncidents(owners, run, what);
  if (mine === null) {
    const fence = runs.raiseFence();
    runs.insert(run, what, { fence, state: 'open', outcome: null });
    return fence;
  }
  // A late attempt of the hold that it had before its wait knows no fence, and must not hold the host meanwhile.
  if (mine.outcome !== RESERVED || reservations.find(run) === null || mine.fence !== known)
    throw alreadyEnded(mine, null);
  runs.resume(run);
  return mine.fence;
}

/**
 * Reserves the host for the window of a run. Asking again changes nothing.
 * @throws OperationError `HOST_RESERVED`, `HOST_BUSY` (a window is open now, or the host is quarantined), `FENCED_OFF`.
 */
export function makeReservation(
  owners: Owners,
  run: RunIdentity,
  what: HoldRequest,
  time: ReservedTime,
): void {
  const { runs, reservations } = owners;
  if (reservations.find(run) !== null) return;
  refuseSecond(owners, run, what);
  const [incident] = owners.incidents.open();
  if (incident !== undefined) throw incidentOpen(incident);
  const holder = runs.open();
  if (holder !== null && (holder.procedure === what.procedure || holder.state !== 'open')) throw busy(holder);
  refuseReset(runs, run, what);
  const mine = runs.find(run);
  if (mine !== null) throw alreadyEnded(mine, null);
  reservations.insert(run, what, time);
}

/** What a run leaves is named by its time: one that was reset would take the old one's backup and original for its own. */
export function refuseReset(runs: RunRows, run: RunIdentity, { stamp }: { readonly stamp: string }): void {
  const earlier = runs.earlier(run, stamp);
  if (earlier !== null)
    throw fencedOff(
      run,
      `it was reset after it ended here as ${earlier.outcome ?? earlier.state}; start a new run`,
      null,
    );
}

/** Keeps the reservation of a run and gives its hold back, so that others may work until the window opens. */
export function stepDown({ runs, reservations }: Owners, run: RunIdentity, fence: number): void {
  const mine = runs.find(run);
  if (mine?.outcome === RESERVED && mine.fence === fence) return;
  requireOwner(mine, run, { fence }, runs.open());
  if (reservations.find(run) === null) throw fencedOff(run, 'it has no reservation to keep', mine);
  runs.end(run, { state: 'closed', outcome: RESERVED, because: null });
}

/** Ends a run, whether it has the hold or waits for its window; one that has ended already stays as it is. */
export function endRun(
  { runs, reservations, incidents }: Owners,
  run: RunIdentity,
  outcome: string,
  fence: number,
): void {
  const mine = runs.find(run);
  if (mine === null) return;
  refuseSecondEnd(mine, fence);
  if (mine.fence !== fence) throw fencedOff(run, `its fence is ${fence}, the host's is ${mine.fence}`, mine);
  reservations.remove(run);
  if (mine.state !== 'open' && mine.outcome !== RESERVED) return;
  const state = outcome === 'needs-operator' ? 'needs-operator' : 'closed';
  if (state === 'closed') incidents.closeLeft(run, outcome);
  runs.end(run, { state, outcome, because: null });
}

/** @throws OperationError `FENCED_OFF`: somebody else took the run over and has ended it. */
export function refuseSecondEnd(mine: JournalRun, fence: number): void {
  if (mine.fence !== fence && mine.state === 'closed') throw alreadyEnded(mine, null);
}

/**
 * @throws OperationError `FENCED_OFF` unless the run owns the host. One that waits for its window without the hold may
 * take back what it prepared (names of its own), and nothing else.
 */
export function requireOwner(
  mine: JournalRun | null,
  run: RunIdentity,
  { fence, undoes }: Pick<Ticket, 'fence' | 'undoes'>,
  holder: JournalRun | null,
): void {
  if (mine === null)
    throw fencedOff(run, 'it does not hold this host (a reset run has another run id)', holder);
  const mayUndo = mine.outcome === RESERVED && undoes !== undefined;
  if (mine.state !== 'open' && !mayUndo) throw alreadyEnded(mine, holder);
  if (mine.fence !== fence) throw fencedOff(run, `its fence is ${fence}, the host's is ${mine.fence}`, mine);
}

function enterIncidents(
  { incidents }: Owners,
  run: RunIdentity,
  { procedure, emergency }: HoldRequest,
): void {
  const open = incidents.open();
  const other = open.find((incident) => incident.procedure !== procedure);
  if (other !== undefined && emergency !== true) throw incidentOpen(other);
  const own = open.find((incident) => incident.procedure === procedure);
  if (own !== undefined) incidents.handOver(own, run);
}

function refuseSecond({ reservations }: Owners, run: RunIdentity, { procedure }: HoldRequest): void {
  const other = reservations.current();
  if (other !== null && other.procedure === procedure && !isSame(other, run)) throw reserved(other);
}

function isSame(a: RunIdentity, b: RunIdentity): boolean {
  return a.workflowId === b.workflowId && a.runId === b.runId;
}
