import type Database from 'better-sqlite3';
import { type JournalRun, now, type RunIdentity, type RunRow, toRun } from './journal-rows.ts';

/** The rows of the runs in the journal, and the fence; its transactions are the journal's. */
export class RunRows {
  private readonly db: Database.Database;

  constructor(db: Database.Database) {
    this.db = db;
  }

  /** The run that has the host or left it quarantined; null when the host is free. */
  open(): JournalRun | null {
    return this.where(`state <> 'closed'`, {});
  }

  /** A run by its identity, in whatever state. */
  find({ workflowId, runId }: RunIdentity): JournalRun | null {
    return this.where('workflow_id = @workflowId AND run_id = @runId', { workflowId, runId });
  }

  /** An earlier execution of the same run: a reset keeps its id and its time, and so the names of all that it made. */
  earlier({ workflowId, runId }: RunIdentity, stamp: string): JournalRun | null {
    return this.where('workflow_id = @workflowId AND stamp = @stamp AND run_id <> @runId', {
      workflowId,
      runId,
      stamp,
    });
  }

  insert(
    { workflowId, runId }: RunIdentity,
    { procedure, stamp }: { readonly procedure: string; readonly stamp: string },
    { fence, state, outcome }: Pick<JournalRun, 'fence' | 'state' | 'outcome'>,
  ): void {
    this.db
      .prepare(
        `INSERT INTO runs (workflow_id, run_id, procedure, stamp, fence, started_at, state, outcome, closed_at)
         VALUES (@workflowId, @runId, @procedure, @stamp, @fence, @now, @state, @outcome, @closedAt)`,
      )
      .run({
        workflowId,
        runId,
        procedure,
        stamp,
        fence,
        state,
        outcome,
        now: now(),
        closedAt: state === 'closed' ? now() : null,
      });
  }

  /** How a run ended; `because` only when a person cleared it. */
  end(
    { workflowId, runId }: RunIdentity,
    end: {
      readonly state: 'needs-operator' | 'closed';
      readonly outcome: string;
      readonly because: string | null;
    },
  ): void {
    this.db
      .prepare(
        `UPDATE runs SET state = @state, outcome = @outcome, cleared_because = @because, closed_at = @now
         WHERE workflow_id = @workflowId AND run_id = @runId`,
      )
      .run({ ...end, workflowId, runId, now: now() });
  }

  /** Opens a run again under a new fence; false when it is closed. */
  reopen({ workflowId, runId }: RunIdentity, fence: number): boolean {
    return (
      this.db
        .prepare(
          `UPDATE runs SET fence = @fence, state = 'open'
           WHERE workflow_id = @workflowId AND run_id = @runId AND state <> 'closed'`,
        )
        .run({ workflowId, runId, fence }).changes > 0
    );
  }

  /** Gives the hold back to a run that waited for its window without it. */
  resume({ workflowId, runId }: RunIdentity): void {
    this.db
      .prepare(
        `UPDATE runs SET state = 'open', outcome = NULL, closed_at = NULL
         WHERE workflow_id = @workflowId AND run_id = @runId`,
      )
      .run({ workflowId, runId });
  }

  raiseFence(): number {
    this.db.prepare(`UPDATE fence SET value = value + 1`).run();
    return this.db.prepare<[], { value: number }>('SELECT value FROM fence').get()?.value ?? 0;
  }

  private where(condition: string, values: object): JournalRun | null {
    const row = this.db
      .prepare<[object], RunRow>(
        `SELECT *, (SELECT title FROM entries e WHERE e.workflow_id = r.workflow_id AND e.run_id = r.run_id
                    ORDER BY seq DESC LIMIT 1) AS step
         FROM runs r WHERE ${condition} ORDER BY started_at LIMIT 1`,
      )
      .get(values);
    return row === undefined ? null : toRun(row);
  }
}
