import type Database from 'better-sqlite3';
import { now, type Reservation, type ReservedTime, type RunIdentity } from './journal-rows.ts';

interface ReservationRow {
  workflow_id: string;
  run_id: string;
  procedure: string;
  stamp: string;
  opens_at: string;
  closes_at: string;
  made_at: string;
}

/** The rows of the reservations in the journal; its transactions are the journal's. */
export class ReservationRows {
  private readonly db: Database.Database;

  constructor(db: Database.Database) {
    this.db = db;
  }

  /** The one that counts now; null when there is none. */
  current(): Reservation | null {
    return this.where('closes_at > @now', { now: now() });
  }

  /** That of a run, whether or not its time is over. */
  find({ workflowId, runId }: RunIdentity): Reservation | null {
    return this.where('workflow_id = @workflowId AND run_id = @runId', { workflowId, runId });
  }

  insert(
    { workflowId, runId }: RunIdentity,
    { procedure, stamp }: { readonly procedure: string; readonly stamp: string },
    { opensAt, closesAt }: ReservedTime,
  ): void {
    this.db
      .prepare(
        `INSERT INTO reservations (workflow_id, run_id, procedure, stamp, opens_at, closes_at, made_at)
         VALUES (@workflowId, @runId, @procedure, @stamp, @opensAt, @closesAt, @now)`,
      )
      .run({ workflowId, runId, procedure, stamp, opensAt, closesAt, now: now() });
  }

  remove({ workflowId, runId }: RunIdentity): void {
    this.db
      .prepare('DELETE FROM reservations WHERE workflow_id = @workflowId AND run_id = @runId')
      .run({ workflowId, runId });
  }

  private where(condition: string, values: object): Reservation | null {
    const row = this.db
      .prepare<[object], ReservationRow>(`SELECT * FROM reservations WHERE ${condition} ORDER BY made_at`)
      .get(values);
    return row === undefined ? null : toReservation(row);
  }
}

function toReservation(row: ReservationRow): Reservation {
  const { workflow_id: workflowId, run_id: runId, procedure, stamp } = row;
  const { opens_at: opensAt, closes_at: closesAt, made_at: madeAt } = row;
  return { workflowId, runId, procedure, stamp, opensAt, closesAt, madeAt };
}
