import type { Changed, UndoCall } from '../../../workflows/contracts/calls.ts';
import type { Incident } from '../../../workflows/contracts/containment.ts';

/** The run that a change belongs to: one execution on the server, so that a reset run is another one. */
export interface RunIdentity {
  readonly workflowId: string;
  readonly runId: string;
}

/** A run as the host knows it. Times are ISO 8601 in UTC. */
export interface JournalRun extends RunIdentity {
  readonly procedure: string;
  readonly stamp: string;
  readonly fence: number;
  readonly startedAt: string;
  readonly state: 'open' | 'needs-operator' | 'closed';
  readonly outcome: string | null;
  /** The step that it is in, or was in last. */
  readonly step: string | null;
}

/** A run that waits for its window: it has no hold, and is neither open nor at its end. */
export const RESERVED = 'reserved';

/** The time for which a host is reserved, ISO 8601 in UTC. */
export interface ReservedTime {
  readonly opensAt: string;
  /** From here it does not count any more, whatever became of its run. */
  readonly closesAt: string;
}

/** A window that was noticed to users and has not opened yet. It is no hold: other procedures go on. */
export interface Reservation extends RunIdentity, ReservedTime {
  readonly procedure: string;
  readonly stamp: string;
  readonly madeAt: string;
}

/** What `clear` did: the runs and incidents that it closed, and the run that is under way and so kept the host. */
export interface Cleared {
  readonly cleared: readonly JournalRun[];
  readonly incidents: readonly Incident[];
  /** The window whose reservation was lifted. */
  readonly reservation: Reservation | null;
  readonly underWay: JournalRun | null;
}

/** A change that was begun on this host, with the way back. */
export interface JournalEntry {
  readonly seq: number;
  readonly step: string;
  readonly title: string;
  readonly activity: string;
  readonly state: 'begun' | 'done' | 'failed';
  readonly attempts: number;
  readonly undo: UndoCall | null;
  readonly finish: readonly UndoCall[] | null;
  readonly undone: boolean;
  /** For an undo: the step that it takes back. */
  readonly undoes: string | null;
}

/** How the steps begin by which `recover` finishes a run; they are not the run's own. */
export const RECOVER_STEP = 'recover:';

/** A row of the table of runs, with the title of its last step. */
export interface RunRow {
  workflow_id: string;
  run_id: string;
  procedure: string;
  stamp: string;
  fence: number;
  started_at: string;
  state: JournalRun['state'];
  outcome: string | null;
  step: string | null;
}

/** A row of the table of entries. */
export interface EntryRow {
  seq: number;
  step: string;
  title: string;
  activity: string;
  state: JournalEntry['state'];
  attempts: number;
  failures: number;
  /** Attempts that failed through no fault of the change. */
  spared: number;
  undoes: string | null;
  result: string | null;
  /** What the last attempt that failed said; of one that was cut off only where none said anything before. */
  error: string | null;
  undo: string | null;
  finish: string | null;
  undone_at: string | null;
  dropped: number;
}

/** A run as the rest of the program knows it. */
export function toRun(row: RunRow): JournalRun {
  const { workflow_id: workflowId, run_id: runId, started_at: startedAt } = row;
  const { procedure, stamp, fence, state, outcome, step } = row;
  return { workflowId, runId, procedure, stamp, fence, startedAt, state, outcome, step };
}

/** An entry as the rest of the program knows it. */
export function toEntry(row: EntryRow): JournalEntry {
  const { seq, step, title, activity, state, attempts, undoes } = row;
  return {
    seq,
    step,
    title,
    activity,
    state,
    attempts,
    undoes,
    undo: row.dropped === 1 ? null : parseUndo(row.undo),
    finish: parseFinish(row.finish),
    undone: row.undone_at !== null,
  };
}

/** The result of a change, as the journal keeps it. */
export function parseResult(json: string): Changed<unknown> {
  const result: Changed<unknown> = JSON.parse(json);
  return result;
}

function parseUndo(json: string | null): UndoCall | null {
  const undo: UndoCall | null = json === null ? null : JSON.parse(json);
  return undo;
}

function parseFinish(json: string | null): readonly UndoCall[] | null {
  const finish: readonly UndoCall[] | null = json === null ? null : JSON.parse(json);
  return finish;
}

/** Now, as the journal writes times: ISO 8601 in UTC. */
export function now(): string {
  return new Date().toISOString();
}
