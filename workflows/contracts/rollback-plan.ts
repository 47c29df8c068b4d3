import type { RestoreSurvey } from './restore-plan.ts';

/** What is kept of a window, and what going back to before it means. */
export interface RollbackSurvey extends Omit<RestoreSurvey, 'archive' | 'hasManifest'> {
  /** The window to go back to before. */
  readonly window: {
    readonly workflowId: string;
    readonly stamp: string;
    /** UTC, ISO 8601. */
    readonly startedAt: string;
    readonly outcome: string;
  };
  /** Whether FDTS answers through its proxy now. Absent in runs of an earlier version. */
  readonly isServing?: boolean;
  /** Services whose image goes back; empty when every one runs the image of before. */
  readonly images: readonly {
    readonly service: string;
    readonly image: string;
    readonly oldId: string;
    readonly currentId: string;
  }[];
  /** What becomes of the database. */
  readonly database: 'keep' | 'before';
  /** Why, in words. */
  readonly databaseBecause: string;
}
