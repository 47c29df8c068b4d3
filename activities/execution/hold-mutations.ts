import { Context } from '@temporalio/activity';
import type { Changed, Ticket } from '../../workflows/contracts/calls.ts';
import type { Holder, Incident } from '../../workflows/contracts/containment.ts';
import type { FreezeClaim } from '../../workflows/contracts/freeze.ts';
import type { RunReport } from '../../workflows/contracts/report.ts';
import type { Journal } from '../adapters/journal/journal.ts';
import type { RunIdentity } from '../adapters/journal/journal-rows.ts';
import type { Host } from '../host.ts';
import { currentRun, patienceFor, requireMachine } from './as-activity.ts';
import { type EmergencyHold, holdWhenFree } from './emergency-hold.ts';
import { type Patience, toFailure } from './failures.ts';
import { freezeState, requireNoFreeze } from './freezes.ts';
import { withHeartbeat } from './with-heartbeat.ts';

/** What the engine itself calls to begin and to end a run on a host. */
export interface HoldMutations {
  /**
   * Gives the host's hold to the run. Changes: a row in the journal and the fence. Repeating it gives the same fence.
   * Its failure leaves nothing behind; `HOST_BUSY` names the holder, `INCIDENT_OPEN` the incident, `FREEZE` the freeze that
   * is on. A run that has the hold keeps it when a freeze begins: a half change is worse than one in a freeze.
   * `incident`: the one that an earlier run of the procedure has left open, and that this run has from here.
   */
  takeHold(
    context: HoldContext,
    input: { readonly procedure: string; readonly freeze?: FreezeClaim },
  ): Promise<{ readonly fence: number; readonly incident?: Incident | null }>;
  /**
   * Gives the host's hold to an emergency, as soon as nobody has it, within `waitSeconds`. Changes and repeating as for
   * `takeHold`; open incidents of other procedures and freezes do not keep it out. Names who has the hold for longer.
   */
  takeHoldFirst(
    context: HoldContext,
    input: { readonly procedure: string; readonly waitSeconds: number },
  ): Promise<EmergencyHold>;
  /**
   * Takes the host from a run that does not end by itself, and takes back or finishes what that left, from the journal,
   * as `fdts-ops recover` does. Repeating it goes on where it stopped; a holder that is gone meanwhile is left alone. Its
   * failure leaves the host quarantined.
   */
  recoverHolder(context: HoldContext, input: { readonly holder: Holder }): Promise<RecoveredHolder>;
  /**
   * Reserves the host for the window of the run. Changes: a row in the journal. Repeating it changes nothing. Its
   * failure leaves nothing behind; `HOST_RESERVED` names the run that has it, `FREEZE` a freeze that is on when it opens.
   */
  reserve(
    context: HoldContext,
    input: {
      readonly procedure: string;
      readonly opensAt: string;
      readonly closesAt: string;
      readonly freeze: FreezeClaim;
    },
  ): Promise<null>;
  /**
   * Gives the hold back until the window opens; the reservation stays. Changes: the run's row in the journal. Repeating
   * it changes nothing; its failure leaves the hold where it is.
   */
  stepDown(context: HoldContext, input: Record<string, never>): Promise<null>;
  /**
   * Writes the report on the host and ends the run in the journal. Repeating it writes the same files. A run that was
   * ended here by somebody else is told so before anything is written. With fence 0 the
   * run does not know whether it got the hold: it is released if it did, and cannot be taken any more if it did not.
   * Its failure leaves the hold where it is: the host stays quarantined rather than free with an unknown end. A report
   * that cannot be written (a full disk) does not keep the host held: `problem` says why after the third attempt.
   */
  finishRun(
    context: HoldContext,
    input: { readonly report: RunReport; readonly holdsHost: boolean },
  ): Promise<{ readonly path: string | null; readonly problem: string | null }>;
}

/** How the recovery of a run that had the hold ended. */
export interface RecoveredHolder {
  readonly outcome: string;
  readonly because: string;
}

/** Recovers the run that has the hold; what `recover` is made of lies with the worker. */
export type RecoverHolder = (holder: Holder, signal: AbortSignal) => Promise<RecoveredHolder>;

/** Attempts to write a report before the hold is released without it. */
const REPORT_ATTEMPTS = 3;

interface HoldContext {
  readonly run: RunIdentity;
  readonly ticket: Ticket;
}

/**
 * Makes the engine's own activities. They are short, and need no lock: the journal's transactions order them.
 * `runEnded`: called when a run has ended on this host.
 */
export function holdActivities(
  journal: Journal,
  { config, reports, machineId }: Pick<Host, 'config' | 'reports' | 'machineId'>,
  recoverHolder: RecoverHolder,
  runEnded: () => void,
): {
  [Name in keyof HoldMutations]: (request: {
    ticket: Ticket;
    input: Parameters<HoldMutations[Name]>[1];
  }) => Promise<Changed<unknown>>;
} {
  return {
    takeHold: ({ ticket, input }) =>
      answer(`take the hold for ${input.procedure}`, {}, (run) => {
        requireMachine(ticket.machineId, machineId);
        if (input.freeze !== undefined && journal.findRun(run)?.state !== 'open')
          requireNoFreeze(freezeState(config, Date.now()), input.freeze);
        const what = { procedure: input.procedure, stamp: ticket.stamp };
        const fence = journal.takeHold(run, what, ticket.fence);
        return { fence, incident: journal.incidentOf(run) };
      }),
    takeHoldFirst: ({ ticket, input }) =>
      withHeartbeat(null, (signal) => {
        requireMachine(ticket.machineId, machineId);
        return asChange(`take the hold for ${input.procedure}`, (run) =>
          holdWhenFree(journal, run, ticket, input, signal),
        );
      }),
    recoverHolder: ({ ticket, input }) =>
      withHeartbeat(null, (signal) => {
        requireMachine(ticket.machineId, machineId);
        return asChange(`recover run ${input.holder.workflowId}`, () => recoverHolder(input.holder, signal));
      }),
    reserve: ({ ticket, input }) =>
      answer(`reserve the host from ${input.opensAt} to ${input.closesAt}`, {}, (run) => {
        requireMachine(ticket.machineId, machineId);
        const { procedure, opensAt, closesAt } = input;
        requireNoFreeze(freezeState(config, Date.parse(opensAt)), input.freeze);
        journal.reserve(run, { procedure, stamp: ticket.stamp }, { opensAt, closesAt });
        return null;
      }),
    stepDown: ({ ticket }) =>
      answer('give the hold back until the window opens', patienceFor(ticket)(), (run) => {
        requireMachine(ticket.machineId, machineId);
        journal.stepDown(run, ticket.fence);
        return null;
      }),
    finishRun: ({ ticket, input }) =>
      answer(`write the report of ${input.report.workflowId}`, patienceFor(ticket)(), async (run) => {
        requireMachine(ticket.machineId, machineId);
        const { outcome, procedure, stamp } = input.report;
        if (input.holdsHost && ticket.fence > 0) journal.requireUnended(run, ticket.fence);
        const written = await reports.write(input.report).then(
          (path) => ({ path, problem: null }),
          (error: unknown) => {
            if (Context.current().info.attempt < REPORT_ATTEMPTS) throw error;
            return { path: null, problem: error instanceof Error ? error.message : String(error) };
          },
        );
        if (input.holdsHost && ticket.fence > 0) journal.closeRun(run, outcome, ticket.fence);
        else if (input.holdsHost) journal.renounce(run, { procedure, stamp }, outcome);
        runEnded();
        return written;
      }),
  };
}

async function answer<Result>(
  command: string,
  patience: Patience,
  work: (run: RunIdentity) => Result | Promise<Result>,
): Promise<Changed<Result>> {
  try {
    return await asChange(command, work);
  } catch (error) {
    throw toFailure(error, Context.current().info.attempt, patience);
  }
}

async function asChange<Result>(
  command: string,
  work: (run: RunIdentity) => Result | Promise<Result>,
): Promise<Changed<Result>> {
  return {
    result: await work(currentRun()),
    commands: [command],
    attempts: Context.current().info.attempt,
  };
}
