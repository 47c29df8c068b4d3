import type { CheckResult } from './calls.ts';
import type { OldMachine } from './retirement.ts';

/** A configuration bundle on the host, and the file there that opens it. */
export interface SiteBundle {
  readonly bundle: string;
  readonly identityFile: string | null;
  readonly passphraseFile: string | null;
}

/** What a recovery on this machine finds, before anything is changed. */
export interface RecoverySurvey {
  readonly checks: readonly CheckResult[];
  /** Full path. */
  readonly archive: string;
  readonly hasManifest: boolean;
  readonly bundle: SiteBundle;
  /** UTC, ISO 8601: what users wrote after it is lost. */
  readonly archiveCreatedAt: string;
  /** What a person reads before it begins. */
  readonly lines: readonly string[];
  /** What would be moved aside; empty on a machine that has no FDTS. */
  readonly overwrites: readonly string[];
  /** Files of the bundle that a person has to place. */
  readonly outside: readonly string[];
  readonly services: { readonly app: string; readonly all: readonly string[] };
  /** Where FDTS ran when the bundle was made; absent: on this machine, or the bundle does not say. */
  readonly oldMachine?: OldMachine;
  readonly targetSeconds: number;
  /** How old the data may be; absent in a survey of an earlier version. */
  readonly dataAgeSeconds?: number;
  readonly approvalTimeoutSeconds: number;
}
