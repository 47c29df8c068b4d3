import Database from 'better-sqlite3';
import type { Incident } from '../../../workflows/contracts/containment.ts';
import { leaveToFolderOwner } from '../machine/leave-to-folder-owner.ts';
import { ChangeRows } from './change-rows.ts';
import { IncidentRows } from './incident-rows.ts';
import type { JournalEntry, JournalRun, Reservation, RunIdentity } from './journal-rows.ts';
import type { Owners } from './ownership.ts';
import { ReservationRows } from './reservation-rows.ts';
import { RunRows } from './run-rows.ts';
import { prepareSchema } from './schema.ts';

/** The journal's file with its tables: what is read of them, and the transactions in which they change. */
export class JournalFile {
  private readonly db: Database.Database;
  protected readonly changes: ChangeRows;
  protected readonly runs: RunRows;
  protected readonly incidents: IncidentRows;
  protected readonly reservations: ReservationRows;

  /** @param file created when missing, for the owner of its folder, which must exist. */
  constructor(file: string) {
    this.db = new Database(file, { timeout: 10_000 });
    leaveToFolderOwner(file);
    this.db.pragma('journal_mode = DELETE');
    this.db.pragma('synchronous = EXTRA');
    prepareSchema(this.db);
    this.changes = new ChangeRows(this.db);
    this.runs = new RunRows(this.db);
    this.incidents = new IncidentRows(this.db);
    this.reservations = new ReservationRows(this.db);
  }

  close(): void {
    this.db.close();
  }

  /** The run that has the host (open), or that left it quarantined (needs-operator); null when the host is free. */
  openRun(): JournalRun | null {
    return this.runs.open();
  }

  /** Incidents that are open on this host, oldest first. */
  openIncidents(): Incident[] {
    return this.incidents.open();
  }

  /** The incident in whose safe state a run has the host; null before it has one, and once a cut-over has left it. */
  incidentOf(run: RunIdentity): Incident | null {
    return this.incidents.containing(run);
  }

  /** A run by its identity, in whatever state. */
  findRun(run: RunIdentity): JournalRun | null {
    return this.runs.find(run);
  }

  /** Changes of a run in the order in which they began. */
  entries(run: RunIdentity): JournalEntry[] {
    return this.changes.ofRun(run);
  }

  /** The window that the host is reserved for; null when there is none. */
  reservation(): Reservation | null {
    return this.reservations.current();
  }

  protected get owners(): Owners {
    return { runs: this.runs, reservations: this.reservations, incidents: this.incidents };
  }

  // IMMEDIATE: the write lock is taken before anything is read, so two processes never decide on the same state.
  protected transact<Result>(work: () => Result): Result {
    return this.db.transaction(work).immediate();
  }
}
