import type { CheckResult } from './calls.ts';

/** What the configuration bundle of this host would hold now; names and counts only. */
export interface BundleSurvey {
  /** Whether one can be made; when not, a check says why and what to do. */
  readonly ready: boolean;
  readonly checks: readonly CheckResult[];
  /** What it takes, and what it leaves out and why. */
  readonly lines: readonly string[];
}

/** A bundle that lies beside the backup, and was decrypted to prove it. */
export interface BundleMade {
  readonly bundle: string;
  readonly bytes: number;
  readonly sha256: string;
  readonly files: number;
  readonly provenWith: string;
  /** What is not in it, and why. */
  readonly leftOut: readonly string[];
  /** On external storage; null when none is configured. */
  readonly copy: string | null;
}
