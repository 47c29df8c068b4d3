import type { CheckResult } from './calls.ts';
import type { WindowSurvey } from './window-plan.ts';

/** The parts of the weekly maintenance that need somebody's word; `stop`: FDTS may stop for a short time. */
export const WEEKLY_PARTS = ['packages', 'docker', 'database', 'logs', 'stop'] as const;

export type WeeklyPart = (typeof WEEKLY_PARTS)[number];

/** By whose word something is done with nobody there, and why; null: by nobody's. */
export type Approvals = Readonly<Record<WeeklyPart, { readonly by: string; readonly reason: string } | null>>;

/** What the schedule of a host says about the weekly run. */
export interface WeeklyOrders {
  /** When the monthly window is on this day, in words; null when it is not. */
  readonly windowToday: string | null;
  readonly approvedBeforehand: Approvals;
}

/** What a weekly run finds on the host, before anything is changed. */
export interface WeeklySurvey extends WindowSurvey {
  /** Services whose tag names another image than the one that runs: somebody prepared a release. */
  readonly movedTags: readonly string[];
}

/** Something in Docker that nothing uses, by its exact id (or name, for a volume). */
export interface UnusedThing {
  readonly kind: 'image' | 'container' | 'network' | 'volume';
  readonly id: string;
  readonly name: string;
  /** null where Docker does not say. */
  readonly bytes: number | null;
}

/** What a clean-up would remove and what it leaves alone. */
export interface CleanUpPlan {
  /** What can be nobody's data. */
  readonly plain: readonly UnusedThing[];
  /** What may be somebody's: only after a person has read the list. */
  readonly doubtful: readonly UnusedThing[];
  /** Why the others stay, with how many. */
  readonly spared: readonly string[];
  readonly buildCacheBytes: number;
  /** Services that do not run: then nothing is removed. Absent in runs of earlier versions. */
  readonly down?: readonly string[];
}

/** How the database is tidied, chosen by what was measured on a copy. */
export interface DatabasePlan {
  readonly way: 'slices' | 'vacuum' | 'analyze' | 'stop' | 'none';
  readonly because: string;
  readonly lines: readonly string[];
}

/** A log as it was before its rotation. */
export interface LogBefore {
  readonly path: string;
  readonly bytes: number;
  readonly inode: number;
  /** Programs that have it open. */
  readonly writers: readonly string[];
}

/** What is rotated, and what is not because it would lose lines. */
export interface RotationPlan {
  readonly files: readonly string[];
  readonly logs: readonly LogBefore[];
  readonly checks: readonly CheckResult[];
}

/** What the scan of the images found; counts only. */
export interface ImageScan {
  readonly lines: readonly string[];
  readonly checks: readonly CheckResult[];
}
