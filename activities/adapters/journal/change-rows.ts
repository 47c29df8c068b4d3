import type Database from 'better-sqlite3';
import type { Ticket } from '../../../workflows/contracts/calls.ts';
import { attemptsUsedUp } from './journal-errors.ts';
import {
  type EntryRow,
  type JournalEntry,
  now,
  RECOVER_STEP,
  type RunIdentity,
  toEntry,
} from './journal-rows.ts';

/**
 * Attempts of one step that may begin before it has failed for good: one that kills its worker must not go on for ever.
 * Those that failed through no fault of the step (Docker restarts, a newer attempt took over) are spared.
 */
const MAX_ATTEMPTS = 5;
/** Attempts of an undo that may fail. Those that were cut off do not count: it outlives any number of restarts. */
const MAX_FAILED_UNDOS = 20;

/** The rows of the changes in the journal; its transactions are the journal's. */
export class ChangeRows {
  private readonly db: Database.Database;

  constructor(db: Database.Database) {
    this.db = db;
  }

  /** Changes of a run in the order in which they began. */
  ofRun(run: RunIdentity): JournalEntry[] {
    return this.db
      .prepare<[object], EntryRow>(
        'SELECT * FROM entries WHERE workflow_id = @workflowId AND run_id = @runId ORDER BY seq',
      )
      .all({ workflowId: run.workflowId, runId: run.runId })
      .map(toEntry);
  }

  /** The change of this step and round, when it was begun before. */
  find(run: RunIdentity, { step, round }: Ticket): EntryRow | undefined {
    return this.db
      .prepare<[object], EntryRow>(
        `SELECT * FROM entries
         WHERE workflow_id = @workflowId AND run_id = @runId AND step = @step AND round = @round`,
      )
      .get({ workflowId: run.workflowId, runId: run.runId, step, round });
  }

  /** Whether this is a step forward of a run whose way back has begun; what `recover` finishes is a person's choice. */
  isTooLate({ workflowId, runId }: RunIdentity, { step, undoes }: Ticket): boolean {
    if (undoes !== undefined || step.startsWith(RECOVER_STEP)) return false;
    return (
      this.db
        .prepare<[object]>(
          `SELECT 1 FROM entries WHERE workflow_id = @workflowId AND run_id = @runId AND undoes IS NOT NULL`,
        )
        .get({ workflowId, runId }) !== undefined
    );
  }

  /** Counts one more attempt and returns its number. */
  beginAgain(known: EntryRow, { step, undoes }: Ticket): number {
    const attempt = known.attempts + 1;
    if (undoes === undefined && attempt - known.spared > MAX_ATTEMPTS)
      throw attemptsUsedUp(step, MAX_ATTEMPTS, { how: 'begun', error: known.error });
    if (undoes !== undefined && known.failures >= MAX_FAILED_UNDOS)
      throw attemptsUsedUp(step, MAX_FAILED_UNDOS, { how: 'failed', error: known.error });
    this.db
      .prepare(
        `UPDATE entries SET state = 'begun', attempts = ?, begun_at = ?, ended_at = NULL WHERE seq = ?`,
      )
      .run(attempt, now(), known.seq);
    return attempt;
  }

  /** A change that begins for the first time; one that cuts over or contains makes the undos before it count no more. */
  insert(
    run: RunIdentity,
    ticket: Ticket,
    call: { readonly activity: string; readonly input: unknown },
  ): void {
    if (ticket.finish !== undefined || ticket.contains !== undefined) {
      this.db
        .prepare('UPDATE entries SET dropped = 1 WHERE workflow_id = @workflowId AND run_id = @runId')
        .run({ workflowId: run.workflowId, runId: run.runId });
    }
    this.db
      .prepare(
        `INSERT INTO entries (workflow_id, run_id, step, round, title, activity, input, undo, undoes, finish, state, attempts, begun_at)
         VALUES (@workflowId, @runId, @step, @round, @title, @activity, @input, @undo, @undoes, @finish, 'begun', 1, @now)`,
      )
      .run({
        workflowId: run.workflowId,
        runId: run.runId,
        step: ticket.step,
        round: ticket.round,
        title: ticket.title,
        activity: call.activity,
        input: JSON.stringify(call.input ?? null),
        undoes: ticket.undoes ?? null,
        undo: ticket.undo === undefined ? null : JSON.stringify(ticket.undo),
        finish: ticket.finish === undefined ? null : JSON.stringify(ticket.finish),
        now: now(),
      });
  }

  /** How the latest attempt ended. */
  end(
    run: RunIdentity,
    ticket: Ticket,
    end: {
      readonly state: 'done' | 'failed';
      readonly result: string | null;
      readonly error: string | null;
      readonly counts?: boolean;
    },
  ): void {
    this.db
      .prepare(
        `UPDATE entries SET state = @state, result = @result, ended_at = @now,
           error = CASE WHEN @spared = 1 THEN COALESCE(error, @error) ELSE @error END,
           failures = failures + @counted, spared = spared + @spared
         WHERE workflow_id = @workflowId AND run_id = @runId AND step = @step AND round = @round`,
      )
      .run({
        state: end.state,
        result: end.result,
        error: end.error,
        counted: end.counts === true ? 1 : 0,
        spared: end.counts === false ? 1 : 0,
        workflowId: run.workflowId,
        runId: run.runId,
        step: ticket.step,
        round: ticket.round,
        now: now(),
      });
  }

  /** The step was taken back. */
  markUndone(run: RunIdentity, step: string): void {
    this.db
      .prepare(
        `UPDATE entries SET undone_at = @now WHERE workflow_id = @workflowId AND run_id = @runId AND step = @step`,
      )
      .run({ workflowId: run.workflowId, runId: run.runId, step, now: now() });
  }
}
