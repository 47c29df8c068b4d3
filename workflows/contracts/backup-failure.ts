import type { CheckResult } from './calls.ts';

/** Why there may be no recent backup. */
export interface BackupFailureLook {
  /** Whether a recent verified backup is there after all. */
  readonly isRecent: boolean;
  readonly recent: CheckResult;
  /** The backup service does not run; null: it does, or there is none. */
  readonly stoppedService: string | null;
  readonly checks: readonly CheckResult[];
  readonly lines: readonly string[];
  /** What a backup needs more than the disk has; 0 when there is room. */
  readonly missingBytes: number;
  readonly approvalTimeoutSeconds: number;
}

/** What retention may remove to make room. */
export interface RemovalPlan {
  readonly archives: readonly string[];
  /** Each with its size and why. */
  readonly lines: readonly string[];
  readonly freesBytes: number;
  readonly isEnough: boolean;
}
