import { Context } from '@temporalio/activity';
import type { Changed, Ticket } from '../../workflows/contracts/calls.ts';
import { acquireHostLock } from '../adapters/journal/host-lock.ts';
import type { Journal } from '../adapters/journal/journal.ts';
import type { RunIdentity } from '../adapters/journal/journal-rows.ts';
import { OperationError, withHint } from '../adapters/operation-error.ts';
import { Attempts } from './attempts.ts';
import { beforeHold } from './before-hold.ts';
import { Effects } from './effects.ts';
import { isOfTheSurroundings, type Patience } from './failures.ts';
import type { Mutation, Read } from './mutation.ts';
import { type Tell, withHeartbeat } from './with-heartbeat.ts';

/** What guards every change of this host. */
export interface Guard {
  readonly journal: Journal;
  readonly lockFile: string;
  readonly machineId: string;
  /** Names of mutations that an emergency may make before it has the hold. */
  readonly beforeHold: ReadonlySet<string>;
}

interface ReadRequest {
  readonly stamp: string;
  /** The step it serves; null for a read of the engine's own. */
  readonly step: string | null;
  readonly machineId: string | null;
  readonly input: never;
}

interface ChangeRequest {
  readonly ticket: Ticket;
  readonly input: never;
}

/** Makes reading activities of plain reads: heartbeats and failures are the same for all. */
export function readsAsActivities(
  reads: Readonly<Record<string, Read<never, unknown>>>,
  ownMachineId: string | null = null,
): Activities {
  return mapValues(reads, (read) => async (request: ReadRequest) => {
    const { stamp, step, machineId, input } = request;
    return withHeartbeat(step, (signal, progress) => {
      if (machineId !== null && ownMachineId !== null) requireMachine(machineId, ownMachineId);
      return read({ stamp, signal, progress }, input);
    });
  });
}

/**
 * Makes mutating activities of plain mutations. Each attempt, in this order: is this the right machine; end an earlier
 * attempt; take the host's lock; check the fence and write the journal; change; write the result down.
 */
export function mutationsAsActivities(
  mutations: Readonly<Record<string, Mutation<never, unknown>>>,
  guard: Guard,
): Activities {
  const attempts = new Attempts();
  return mapValues(mutations, (mutation, activity) => async (request: ChangeRequest) => {
    const { ticket, input } = request;
    const run = currentRun();
    const usedUpAt = Date.now() + Context.current().info.startToCloseTimeoutMs;
    const work = async (signal: AbortSignal, progress: Tell): Promise<Changed<unknown>> => {
      requireMachine(ticket.machineId, guard.machineId);
      const effects = new Effects(ticket.dryRun);
      const change = (alone: AbortSignal) =>
        mutation({ effects, ...namesOf(ticket), signal: alone, progress }, input);
      if (ticket.dryRun) return { result: await change(signal), commands: effects.commands, attempts: 1 };
      const key = `${run.runId}/${ticket.step}/${ticket.round}`;
      if (ticket.fence === 0 && guard.beforeHold.has(activity)) {
        return attempts.runAlone(key, signal, async (alone) => {
          const result = await beforeHold(guard, run, ticket, alone, () => change(alone));
          return { result, commands: effects.commands, attempts: Context.current().info.attempt };
        });
      }
      return attempts.runAlone(key, signal, async (alone) => {
        const lock = await acquireHostLock(guard.lockFile, alone);
        try {
          const begun = guard.journal.begin(run, ticket, { activity, input });
          if ('result' in begun) return { ...begun.result, attempts: begun.attempt };
          const make = async () => ({
            result: await change(alone),
            commands: effects.commands,
            attempts: begun.attempt,
          });
          return await recorded(guard.journal, run, ticket, alone, make, usedUpAt);
        } finally {
          lock.release();
        }
      });
    };
    return withHeartbeat(ticket.undoes ?? ticket.step, work, patienceFor(ticket));
  });
}

/**
 * Makes activities of what changes nothing on the host but tells people: no lock and no journal, so that a run can also
 * speak when it does not own the host (a refused one, a read-only one).
 */
export function messagesAsActivities(
  messages: Readonly<Record<string, Mutation<never, unknown>>>,
): Activities {
  return mapValues(messages, (message) => async (request: ChangeRequest) => {
    const { ticket, input } = request;
    const effects = new Effects(ticket.dryRun);
    return withHeartbeat(null, async (signal, progress): Promise<Changed<unknown>> => {
      const result = await message({ effects, ...namesOf(ticket), signal, progress }, input);
      return { result, commands: effects.commands, attempts: 1 };
    });
  });
}

/**
 * Makes one change and writes down how it ended; its undo counts in any case. One that was cut off did not fail, unless it
 * had used up the time that an attempt may take: the next one would not get further.
 */
export async function recorded(
  journal: Journal,
  run: RunIdentity,
  ticket: Ticket,
  signal: AbortSignal,
  make: () => Promise<Changed<unknown>>,
  usedUpAt = Number.POSITIVE_INFINITY,
): Promise<Changed<unknown>> {
  try {
    const made = await make();
    journal.done(run, ticket, made);
    return made;
  } catch (error) {
    const wasCutOff = signal.aborted && Date.now() < usedUpAt;
    const counts = !wasCutOff && !isOfTheSurroundings(error);
    journal.failed(run, ticket, withHint(error), counts);
    throw error;
  }
}

function namesOf({ stamp, step, round }: Ticket) {
  return { stamp, step, round };
}

type Activities = Record<string, (request: never) => Promise<unknown>>;

function mapValues<Value>(
  record: Readonly<Record<string, Value>>,
  map: (value: Value, name: string) => (request: never) => Promise<unknown>,
): Activities {
  return Object.fromEntries(Object.entries(record).map(([name, value]) => [name, map(value, name)]));
}

/** How patient the failures of a change are, from when it was first asked for. */
export function patienceFor({ undoes }: Ticket): () => Patience {
  const since = Context.current().info.scheduledTimestampMs;
  return () => ({ isUndo: undoes !== undefined, waitedMs: Date.now() - since });
}

/** @throws OperationError `WRONG_MACHINE`: the run was checked on another machine that has this host's name. */
export function requireMachine(checked: string, own: string): void {
  if (checked === own) return;
  throw new OperationError({
    code: 'WRONG_MACHINE',
    operation: 'change',
    target: 'this host',
    cause: `the run was checked on machine ${checked}, this worker is on ${own}`,
    hint: 'Two machines have the same host.name in their configuration: stop the worker of one and give it another name.',
    retryable: true,
  });
}

/** The execution that the current activity belongs to. */
export function currentRun(): RunIdentity {
  const execution = Context.current().info.workflowExecution;
  if (execution === undefined) throw new Error('this activity was started outside a workflow');
  return { workflowId: execution.workflowId, runId: execution.runId };
}
