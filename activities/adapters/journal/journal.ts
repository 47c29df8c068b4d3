import type { Changed, Ticket } from '../../../workflows/contracts/calls.ts';
import { alreadyEnded, endedMeanwhile, fencedOff } from './journal-errors.ts';
import { JournalFile } from './journal-file.ts';
import {
  type Cleared,
  type JournalRun,
  parseResult,
  type ReservedTime,
  type RunIdentity,
} from './journal-rows.ts';
import {
  endRun,
  giveHold,
  type HoldRequest,
  makeReservation,
  refuseReset,
  refuseSecondEnd,
  requireOwner,
  stepDown,
} from './ownership.ts';

/** What `begin` found: the change has to be made, or was already made with this result. */
export type Begun =
  | { readonly attempt: number }
  | { readonly attempt: number; readonly result: Changed<unknown> };

/**
 * The host's own record of the change under way, in an SQLite file that is fsynced at every commit
 * (`synchronous=EXTRA`). It outlives the worker, the Temporal server and a power cut, and it alone decides who may
 * change the host: a run that is not its open one, or that has an older fence, is fenced off.
 */
export class Journal extends JournalFile {
  /**
   * Gives the hold of the host to a run and returns its fence. The same run asking again gets the same fence. A run of
   * the procedure that has left an incident open takes that over. `known`: the fence of a run that waited for its window
   * without the hold.
   * @throws OperationError `HOST_BUSY`, `INCIDENT_OPEN`, `HOST_RESERVED`: names the holder, since when, and what to do.
   */
  takeHold(run: RunIdentity, what: HoldRequest, known = 0): number {
    return this.transact(() => giveHold(this.owners, run, what, known));
  }

  /** Reserves the host for a window: no other run of the procedure begins, everything else goes on. */
  reserve(run: RunIdentity, what: HoldRequest, time: ReservedTime): void {
    this.transact(() => makeReservation(this.owners, run, what, time));
  }

  /** Gives the hold of a run back until its window opens; its reservation stays. */
  stepDown(run: RunIdentity, fence: number): void {
    this.transact(() => stepDown(this.owners, run, fence));
  }

  /**
   * Records that a change begins, with its undo, before it is made. A change that was already made is not made again:
   * its recorded result comes back.
   * @throws OperationError `FENCED_OFF` (the run does not own the host any more, or it is already taken back and this
   * is a late attempt of a step forward), `ATTEMPTS_USED_UP`.
   */
  begin(
    run: RunIdentity,
    ticket: Ticket,
    call: { readonly activity: string; readonly input: unknown },
  ): Begun {
    return this.transact(() => {
      requireOwner(this.findRun(run), run, ticket, this.openRun());
      if (this.changes.isTooLate(run, ticket))
        throw fencedOff(run, 'the run is already being taken back', this.openRun());
      const known = this.changes.find(run, ticket);
      if (known?.state === 'done' && known.result !== null) {
        return { attempt: known.attempts, result: parseResult(known.result) };
      }
      if (ticket.contains !== undefined) this.incidents.record(run, ticket.contains);
      if (ticket.finish !== undefined) this.incidents.leave(run);
      if (known !== undefined) return { attempt: this.changes.beginAgain(known, ticket) };
      this.changes.insert(run, ticket, call);
      return { attempt: 1 };
    });
  }

  /** Records that a change was made; for an undo also that the step is taken back. */
  done(run: RunIdentity, ticket: Ticket, result: Changed<unknown>): void {
    this.transact(() => {
      this.changes.end(run, ticket, { state: 'done', result: JSON.stringify(result), error: null });
      if (ticket.undoes !== undefined) this.changes.markUndone(run, ticket.undoes);
    });
  }

  /** Records that an attempt failed; the entry keeps its undo. `counts`: the change itself failed, it was not cut off. */
  failed(run: RunIdentity, ticket: Ticket, error: string, counts = true): void {
    this.changes.end(run, ticket, { state: 'failed', result: null, error, counts });
  }

  /**
   * Records that a run which does not hold the host reaches its safe state by a change that must not wait for the hold.
   * @throws OperationError `FENCED_OFF`: on this host the run has already ended, or was reset after it had.
   */
  beginUnheld(run: RunIdentity, ticket: Ticket): void {
    this.transact(() => {
      const mine = this.findRun(run);
      if (mine !== null && mine.state !== 'open') throw alreadyEnded(mine, null);
      refuseReset(this.runs, run, ticket);
      if (ticket.contains !== undefined) this.incidents.record(run, ticket.contains);
    });
  }

  /**
   * Ends a run. `needs-operator` keeps the host quarantined; an incident of the run ends only when the run has left the
   * safe state by a cut-over and did not fail there. Closing twice changes nothing.
   * @throws OperationError `FENCED_OFF`: somebody else (`recover`) took the run over and decides how it ends.
   */
  closeRun(run: RunIdentity, outcome: string, fence: number): void {
    this.transact(() => endRun(this.owners, run, outcome, fence));
  }

  /**
   * Before the report of a run is written: on this host there must not be two that contradict each other.
   * @throws OperationError `FENCED_OFF`: somebody else (`recover`) has ended the run, and its details say how.
   */
  requireUnended(run: RunIdentity, fence: number): void {
    const mine = this.findRun(run);
    if (mine !== null) refuseSecondEnd(mine, fence);
  }

  /**
   * Ends a run that does not know whether it got the hold, and so changed nothing. From here it cannot get it: a late
   * attempt to take the hold is fenced off.
   */
  renounce(run: RunIdentity, what: HoldRequest, outcome: string): void {
    this.transact(() => {
      this.reservations.remove(run);
      const mine = this.findRun(run);
      if (mine === null) this.runs.insert(run, what, { fence: 0, state: 'closed', outcome });
      else if (mine.state === 'open' && this.entries(run).length === 0)
        this.runs.end(run, { state: 'closed', outcome, because: null });
    });
  }

  /**
   * Takes the open run over for `recover`: raises the fence, so that the run's own worker is fenced off from here.
   * @throws OperationError `RUN_ENDED`: it has ended meanwhile.
   */
  takeOver(run: RunIdentity): number {
    return this.transact(() => {
      const fence = this.runs.raiseFence();
      if (!this.runs.reopen(run, fence)) throw endedMeanwhile(run, this.findRun(run)?.outcome ?? null);
      return fence;
    });
  }

  /**
   * Lifts quarantine and incidents because a person says so; undoes nothing. An open run keeps the host, and one that
   * waits for its window its reservation, unless `evenOpen`.
   */
  clear(reason: string, { evenOpen = false } = {}): Cleared {
    return this.transact(() => {
      const cleared: JournalRun[] = [];
      for (let run = this.openRun(); run !== null; run = this.openRun()) {
        if (run.state === 'open' && !evenOpen)
          return { cleared, incidents: [], reservation: null, underWay: run };
        cleared.push(run);
        this.runs.end(run, { state: 'closed', outcome: 'cleared', because: reason });
      }
      const incidents = this.incidents.open();
      for (const incident of incidents) this.incidents.clear(incident, `cleared: ${reason}`);
      const reservation = evenOpen ? this.reservation() : null;
      if (reservation !== null) this.reservations.remove(reservation);
      this.runs.raiseFence();
      return { cleared, incidents, reservation, underWay: null };
    });
  }
}
