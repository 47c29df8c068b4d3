import type Database from 'better-sqlite3';
import type { Containment, Incident } from '../../../workflows/contracts/containment.ts';
import { now, type RunIdentity } from './journal-rows.ts';

/** A row of the table of incidents. */
interface IncidentRow {
  procedure: string;
  workflow_id: string;
  run_id: string;
  opened_at: string;
  containment: string;
}

/** The rows of the incidents in the journal; its transactions are the journal's. */
export class IncidentRows {
  private readonly db: Database.Database;

  constructor(db: Database.Database) {
    this.db = db;
  }

  /** Incidents that nobody has ended, oldest first. */
  open(): Incident[] {
    return this.db
      .prepare<[], IncidentRow>('SELECT * FROM incidents WHERE closed_at IS NULL ORDER BY id')
      .all()
      .map(toIncident);
  }

  /** The incident in whose safe state a run has the host; null before it has one, and once a cut-over has left it. */
  containing(run: RunIdentity): Incident | null {
    const row = this.db
      .prepare<[RunIdentity], IncidentRow>(
        `SELECT * FROM incidents
         WHERE workflow_id = @workflowId AND run_id = @runId AND closed_at IS NULL AND left_at IS NULL`,
      )
      .get({ workflowId: run.workflowId, runId: run.runId });
    return row === undefined ? null : toIncident(row);
  }

  /**
   * Records that a run reaches its safe state. An incident of the procedure that is open already goes on: when it is
   * this run's it learns what is left now, when it is another run's it stays with that one.
   */
  record(
    run: RunIdentity,
    { procedure, ...containment }: Containment & { readonly procedure: string },
  ): void {
    const { workflowId, runId } = run;
    const values = { procedure, workflowId, runId, containment: JSON.stringify(containment) };
    if (this.open().some((incident) => incident.procedure === procedure)) {
      this.db
        .prepare(
          `UPDATE incidents SET containment = @containment, left_at = NULL
           WHERE procedure = @procedure AND workflow_id = @workflowId AND run_id = @runId AND closed_at IS NULL`,
        )
        .run(values);
      return;
    }
    this.db
      .prepare(
        `INSERT INTO incidents (procedure, workflow_id, run_id, opened_at, opened_by, containment)
         VALUES (@procedure, @workflowId, @runId, @now, @workflowId, @containment)`,
      )
      .run({ ...values, now: now() });
  }

  /** A cut-over leaves the safe state: from here the end of the run ends its incident. */
  leave({ workflowId, runId }: RunIdentity): void {
    this.db
      .prepare(
        `UPDATE incidents SET left_at = @now
         WHERE workflow_id = @workflowId AND run_id = @runId AND closed_at IS NULL`,
      )
      .run({ workflowId, runId, now: now() });
  }

  /** A follow-up run of the same procedure has the incident from here. */
  handOver({ procedure }: Incident, { workflowId, runId }: RunIdentity): void {
    this.db
      .prepare(
        `UPDATE incidents SET workflow_id = @workflowId, run_id = @runId, left_at = NULL
         WHERE procedure = @procedure AND closed_at IS NULL`,
      )
      .run({ procedure, workflowId, runId });
  }

  /** A run has ended after it left the safe state. */
  closeLeft(run: RunIdentity, because: string): void {
    this.close(run, because, 'left_at IS NOT NULL');
  }

  /** A person says that the incident is over. */
  clear(incident: Incident, because: string): void {
    this.close(incident, because, 'TRUE');
  }

  private close({ workflowId, runId }: RunIdentity, because: string, when: string): void {
    this.db
      .prepare(
        `UPDATE incidents SET closed_at = @now, closed_because = @because
         WHERE workflow_id = @workflowId AND run_id = @runId AND closed_at IS NULL AND ${when}`,
      )
      .run({ workflowId, runId, because, now: now() });
  }
}

function toIncident(row: IncidentRow): Incident {
  const containment: Containment = JSON.parse(row.containment);
  const { procedure, workflow_id: workflowId, run_id: runId, opened_at: since } = row;
  return { ...containment, procedure, workflowId, runId, since };
}
