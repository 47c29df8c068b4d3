import type { Absence } from './absence.ts';
import type { CheckResult } from './calls.ts';
import type { Outcome } from './outcome.ts';
import type { StepRecord } from './step.ts';

/** Who decided what, when. `identity` says how far the name can be trusted. */
export interface Decision {
  readonly at: number;
  readonly what: 'approve' | 'abort' | 'retry' | 'skip' | 'cancel' | 'expired';
  readonly gate: string;
  readonly by: string;
  readonly identity: 'self-declared' | 'none';
  readonly reason?: string;
}

/** A titled list of facts in a report: versions before and after, what was undone, what is left to do. */
export interface ReportSection {
  readonly title: string;
  readonly lines: readonly string[];
}

/** The record of one run: the workflow's result (or its failure's details), and a file on the host. */
export interface RunReport {
  readonly procedure: string;
  readonly title: string;
  readonly host: string;
  readonly workflowId: string;
  readonly runId: string;
  readonly stamp: string;
  readonly dryRun: boolean;
  readonly outcome: Outcome;
  /** One or two sentences: why it ended so. */
  readonly because: string;
  readonly startedAt: number;
  readonly endedAt: number;
  readonly steps: readonly StepRecord[];
  /** Seconds between the stop and the cut-over as the run measured them; null when users were not shut out. */
  readonly downtimeSeconds: number | null;
  readonly checks: readonly CheckResult[];
  readonly decisions: readonly Decision[];
  readonly sections: readonly ReportSection[];
  /** Commands that a person has to run, in order; with `needs-operator`, or when the host could not release the hold. */
  readonly commandsLeft: readonly string[];
  /** Where the report lies on the host; null when no host was reached. */
  readonly path: string | null;
  /** Of a recovery: the run that it finished or took back, whose material it speaks for. */
  readonly recovered?: { readonly procedure: string; readonly stamp: string; readonly startedAt: number };
}

/** What the progress query answers, and what the checklist in the UI and the CLI is drawn from. */
export interface Progress {
  readonly procedure: string;
  readonly title: string;
  readonly host: string | null;
  /** The clock of the host's place (IANA); not there until the host is known. */
  readonly timezone?: string;
  readonly dryRun: boolean;
  readonly startedAt: number;
  readonly steps: readonly StepRecord[];
  readonly gate: OpenGate | null;
  /** The host's worker is away, and the run waits for it. A control worker of an earlier version does not say. */
  readonly absence?: Absence | null | undefined;
  /** The run shuts users out now, on purpose. A control worker of an earlier version does not say. */
  readonly usersOut?: boolean | undefined;
  readonly outcome: Outcome | null;
  readonly because: string | null;
}

/** A gate that waits for a person. */
export interface OpenGate {
  readonly step: string;
  readonly question: string;
  readonly planCode: string;
  readonly plan: readonly ReportSection[];
  /** Milliseconds since the epoch. */
  readonly until: number;
  /** Opened again because the plan changed: only an approval that carries the new code counts. */
  readonly needsPlanCode?: true;
  /** The last message that came since it opened and did not count, with the reason. */
  readonly unheard?: string;
  /** Answers that count now. */
  readonly answers: readonly ('approve' | 'abort' | 'retry' | 'skip')[];
}
