import type { BackupSource } from './backup-verdict.ts';
import type { CheckResult } from './calls.ts';

/** A service of the project as it runs before the window. */
export interface ServiceState {
  readonly service: string;
  readonly container: string;
  readonly image: string;
  readonly imageId: string;
  /** Where the image's name points to, which is what a start uses; null: nowhere. A run of an earlier version has none. */
  readonly taggedId?: string | null;
  readonly restartPolicy: string;
  readonly state: string;
}

/** The next time in which a host may be changed. Milliseconds since the epoch. */
export interface NextWindow {
  readonly opensAt: number;
  readonly closesAt: number;
  /** How long before it users are to be told. */
  readonly noticeSeconds: number;
  /** Such as `Sun 2026-12-06 02:00 to 04:00 (Europe/Paris)`: the clock of the host. */
  readonly says: string;
}

/** What a window finds on the host, before anything is prepared. */
export interface WindowSurvey {
  readonly checks: readonly CheckResult[];
  readonly services: readonly ServiceState[];
  /** A hash that tells whether the files that compose reads were changed. */
  readonly projectFiles: string;
  /** Services to stop: the proxy first, then the app and whatever else has the data folder mounted. */
  readonly stopOrder: readonly string[];
  /** Those of them that ran before, in the order of the start: the app, the proxy, then the others. */
  readonly startOrder: readonly string[];
  /** null: it is none of the services. */
  readonly proxy: string | null;
  readonly app: string;
  readonly appVersion: string | null;
  readonly database: DatabaseSummary;
  /** Seconds of downtime that the last window on this host measured; null when there was none. */
  readonly lastDowntimeSeconds: number | null;
  readonly approvalTimeoutSeconds: number;
  /** Longest duration of a window. */
  readonly windowSeconds: number;
  readonly watchSeconds: number;
  readonly upgradePackages: boolean;
  /** Whether the change is tried on a throwaway copy before it is approved. */
  readonly rehearse: boolean;
  /** Seconds that each step took in the last completed window on this host; empty when there was none. */
  readonly stepSeconds: Readonly<Record<string, number>>;
  /** Seconds in which a rollback has to be done, at most: a stop and a start. */
  readonly rollbackSeconds: number;
}

export interface DatabaseSummary {
  readonly bytes: number;
  readonly schemaHash: string;
  /** Absent in runs of an earlier version. */
  readonly userVersion?: number;
  readonly tables: Readonly<Record<string, number>>;
}

/** One package upgrade with exact versions. */
export interface PackageUpgrade {
  readonly name: string;
  /** null: a new package that the upgrade needs. */
  readonly from: string | null;
  readonly to: string;
  readonly security: boolean;
}

/** A service's image before and after: the tag moves at cut-over, both images keep a tag of the run. */
export interface PreparedImage {
  readonly service: string;
  /** The name that the compose file gives, e.g. `fdts_app:latest`. */
  readonly image: string;
  readonly oldId: string;
  readonly newId: string;
  readonly how: 'built' | 'pulled' | 'found here' | 'unchanged';
  /** What a person should know, e.g. why nothing was pulled. */
  readonly note: string | null;
}

export interface BackupMade {
  readonly archive: string;
  readonly source: BackupSource;
  /** null: made by the site's own script. */
  readonly manifest: string | null;
  readonly bytes: number;
  readonly sha256: string;
  readonly databaseRows: Readonly<Record<string, number>>;
  readonly uploads: number;
  readonly warnings: readonly string[];
  /** How it was made, for the report: pace, limit, compressor. */
  readonly how: string;
}

/** `gentle` leaves processor and disk to the app, `fast` competes with it. */
export type BackupPace = 'gentle' | 'fast';
