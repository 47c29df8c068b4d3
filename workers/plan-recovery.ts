import type { Journal } from '../activities/adapters/journal/journal.ts';
import {
  type JournalEntry,
  type JournalRun,
  RECOVER_STEP,
} from '../activities/adapters/journal/journal-rows.ts';
import { isRecord } from '../config/is-record.ts';
import type { UndoCall } from '../workflows/contracts/calls.ts';
import type { Incident } from '../workflows/contracts/containment.ts';

/** `undo`: everything is taken back. `finish`: users have written since the cut-over; it is finished. */
export type Direction = 'undo' | 'finish';

/** What is left to do for a run, from the journal alone. */
export interface RecoveryPlan {
  readonly run: JournalRun;
  readonly direction: Direction;
  readonly calls: readonly RecoveryCall[];
  /** The incident in whose safe state the run has the host: its calls lead there, and it stays open. */
  readonly incident: Incident | null;
  /** Whether the run changed anything on the host. */
  readonly hasChanged: boolean;
  /** The services that the run's own undos and last calls start or stop: those have to serve in the end. */
  readonly services: readonly string[];
}

/** One call of a recovery. */
export interface RecoveryCall {
  readonly call: UndoCall;
  /** For an undo: the step that it takes back. */
  readonly undoes: string | null;
}

/**
 * Works out, from the journal, what is left of the run that has the host; null when the host is free. Changes nothing.
 * @param wanted a person's choice after the cut-over; null goes on in the direction in which the run was going.
 */
export function planRecovery(journal: Journal, wanted: Direction | null = null): RecoveryPlan | null {
  const run = journal.openRun();
  if (run === null) return null;
  const entries = journal.entries(run);
  const incident = journal.incidentOf(run);
  const known = { run, incident, hasChanged: entries.length > 0, services: servicesOf(entries) };
  const finish = entries.findLast((entry) => entry.finish !== null)?.finish ?? null;
  if (wanted === 'finish' && finish === null) {
    throw new Error(
      `--finish: ${run.procedure} (run ${run.workflowId}) did not reach the cut-over, so there is nothing to finish; run recover without it, which takes the run back`,
    );
  }
  const direction = wanted ?? directionOf(entries);
  if (finish === null || direction === 'undo') {
    // Before a recovery on a new machine there was no FDTS: taken back, none has to serve.
    const hasChanged = known.hasChanged && run.procedure !== 'disasterRecovery';
    return { ...known, hasChanged, direction: 'undo', calls: undosLeft(entries) };
  }
  return { ...known, direction, calls: finish.map((call) => ({ call, undoes: null })) };
}

/** Where the run was going last: forward from the cut-over on, back from an undo on, and as an earlier recovery went. */
function directionOf(entries: readonly JournalEntry[]): Direction {
  let direction: Direction = 'undo';
  for (const { finish, step, undoes } of entries) {
    if (undoes !== null) direction = 'undo';
    else if (finish !== null || step.startsWith(RECOVER_STEP)) direction = 'finish';
  }
  return direction;
}

/** Undos of steps that began and were not taken back, last first; a step that was tried again counts once. */
function undosLeft(entries: readonly JournalEntry[]): RecoveryCall[] {
  const left = new Map<string, RecoveryCall>();
  for (const { step, undo, undone } of entries) {
    left.delete(step);
    if (undo !== null && !undone) left.set(step, { call: undo, undoes: step });
  }
  return [...left.values()].toReversed();
}

function servicesOf(entries: readonly JournalEntry[]): string[] {
  const inputs = entries
    .flatMap(({ undo, finish }) => [...(undo === null ? [] : [undo]), ...(finish ?? [])])
    .map(({ input }) => (isRecord(input) ? input['services'] : undefined));
  const named = inputs.flatMap((services): unknown[] => (Array.isArray(services) ? services : []));
  return [...new Set(named.filter((service) => typeof service === 'string'))];
}
