import type { CheckResult } from './calls.ts';

/** The containers' memory over some time. */
export interface MemoryLook {
  readonly checks: readonly CheckResult[];
  readonly lines: readonly string[];
  /** The service that uses most of what it may, all the time above the threshold; null when there is none. */
  readonly offender: string | null;
}

/** What came of a service's memory after a restart. */
export interface MemoryWatch {
  readonly check: CheckResult;
  readonly cameBack: boolean;
  /** Right after the restart. */
  readonly baselineBytes: number;
  readonly told: string;
}

/** A memory limit that is proposed, as a compose override. */
export interface LimitPlan {
  /** Whether it can be applied; when not, a check says why. */
  readonly ready: boolean;
  readonly checks: readonly CheckResult[];
  readonly service: string;
  readonly limitBytes: number;
  readonly file: string;
  readonly content: string;
  /** What stands there now; null: the file is not there. */
  readonly before: string | null;
  readonly diff: readonly string[];
  /** How the file becomes effective, in lines. */
  readonly effect: readonly string[];
}
