import type { CheckResult } from './calls.ts';
import type { RestoreSurvey, StagedRestore } from './restore-plan.ts';

/** What a check of the database found, by the full checks of SQLite and the tables that it must have. */
export interface DatabaseVerdict {
  /**
   * `doubtful`: no damage was found, but rows point to rows that are not there, a table is missing while users are served, or
   * not everything can be checked. No reason to stop anything.
   */
  readonly state: 'sound' | 'doubtful' | 'corrupt';
  readonly checks: readonly CheckResult[];
}

/** What whoever mends a database finds on the host, before anything is changed. */
export interface CorruptionSurvey extends Omit<RestoreSurvey, 'archive' | 'hasManifest'> {
  /** Whether users are served now. */
  readonly isServing: boolean;
}

/** The newest good backup, extracted beside the live data; and what was not taken before it. */
export interface StagedNewestGood {
  /** null: there is no good one. */
  readonly staged: StagedRestore | null;
  readonly bad: readonly { readonly archive: string; readonly why: string }[];
  /** Newer ones that are good, but partial. Only a host's worker of an earlier version passes any over, and swaps the uploads in any case. */
  readonly passedOver?: readonly { readonly archive: string; readonly why: string }[];
  /** Folders and archives that could not be read or were not tried, and why: a newer good one may be among them. */
  readonly unread?: readonly string[];
}

/** A file that belongs to a damaged database, as it was found. */
export interface DamagedFile {
  readonly file: string;
  readonly bytes: number;
  /** null: it could not be read. */
  readonly sha256: string | null;
  /** Why not; absent when it could. */
  readonly unreadable?: string;
}

/** How FDTS stands when somebody says that it is down. */
export interface AppDownSurvey {
  readonly checks: readonly CheckResult[];
  /** Users are served: nothing has to be mended. */
  readonly isServing: boolean;
  /** One line for each service and unit. */
  readonly lines: readonly string[];
  /** Services, units, the app's own port, the access log: what of them is wrong while users are served is said, and no more. */
  readonly beside: readonly CheckResult[];
  /** Those that ran, and app and proxy in any case. An earlier version named all. */
  readonly services: readonly string[];
  /** These, and those that stood still though they are no job that ended well. Left out by versions before. */
  readonly lasting?: readonly string[];
  /** Left out by versions that deployed them by the way. */
  readonly moved?: readonly MovedImage[];
}

/** An image whose name meant another one when its container was looked at: prepared by somebody, not deployed. */
export interface MovedImage {
  readonly image: string;
  readonly ranId: string;
  readonly namedId: string;
}

/** What one way of starting FDTS again came to. A start that fails is an answer: the next way is tried. */
export interface StartTried {
  readonly healthy: boolean;
  /** From its beginning, what has to stop first included, to the first healthy answer through the proxy; null: there was none. */
  readonly seconds: number | null;
  readonly told: string;
}
