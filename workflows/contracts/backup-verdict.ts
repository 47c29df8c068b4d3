import type { CheckResult } from './calls.ts';

/** Who made an archive: fdts-ops (its manifest lies beside it), or the site's own script. */
export type BackupSource = 'fdts-ops' | 'site';

/** How much of an archive's database is checked: quick_check looks at no index and is ten times as fast. */
export type VerifyMode = 'quick' | 'full';

/** An archive that is to be verified. */
export interface FoundArchive {
  /** Full path. */
  readonly archive: string;
  readonly source: BackupSource;
  readonly bytes: number;
  /** UTC, ISO 8601. */
  readonly createdAt: string;
  readonly ageHours: number;
  /** The host that it is of, when that is another one than the host that looks; absent otherwise. */
  readonly otherHost?: string;
}

/** What lies in the backup folders. */
export interface FoundArchives {
  /** The recent ones, newest first. */
  readonly archives: readonly FoundArchive[];
  /** How many older ones were left out. */
  readonly older: number;
  /** What is no archive, with the reason: half-written files, those of strangers. */
  readonly ignored: readonly string[];
  readonly checks: readonly CheckResult[];
}

/** What the verification of one archive found. */
export interface ArchiveVerdict {
  readonly archive: string;
  /** `gone`: it was removed meanwhile. `not proven`: it could not be examined, which says nothing about it. */
  readonly result: 'good' | 'bad' | 'gone' | 'not proven';
  /** Why it is not good, or a remark about a good one. */
  readonly reason: string;
  /** Such as `3 users, 8 documents`; empty when it was not read so far. */
  readonly rows: string;
  readonly uploads: number | null;
  readonly sha256: string | null;
}

/** What became of an app that was booted from an archive in a throwaway copy. */
export interface BootVerdict {
  readonly archive: string;
  /** `not proven`: no copy could be made, which says nothing about the archive. */
  readonly result: 'good' | 'bad' | 'not proven';
  /** Why it is not good, or a remark about a good one. */
  readonly reason: string;
  /** Health, login and rows, as far as it came. */
  readonly checks: readonly CheckResult[];
  /** From making the containers to a healthy app; null when it never was. */
  readonly seconds: number | null;
}
