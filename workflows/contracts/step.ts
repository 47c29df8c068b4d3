/** How a procedure declares one step. The checklist, the plan, the docs and the CLI are derived from it. */
export interface StepDeclaration {
  /** `check` only reads; `change` changes the host and is journalled there; `gate` waits for a person. */
  readonly kind: 'check' | 'change' | 'gate';
  /** What it does, as an operator would say it. */
  readonly title: string;
  /** The step of the paper runbook that it stands for; without it the paper has none. */
  readonly paper?: string;
  /** What it changes, in a sentence; every change says it. */
  readonly changes?: string;
  /** How it is taken back, in a sentence; or why that is not needed. */
  readonly undo?: string;
  /** What people may answer when the step has failed for good; without it the run rolls back at once. */
  readonly onFailure?: 'ask' | 'ask-or-skip';
  /** What a person does later where it was left out; without it the report repeats what it would have changed. */
  readonly byHand?: string;
  /** Seconds it is expected to take; shown in the plan. */
  readonly expectedSeconds?: number;
}

export type StepStatus =
  | 'pending'
  | 'running'
  | 'waiting'
  | 'done'
  | 'failed'
  | 'skipped'
  | 'undoing'
  | 'undone'
  | 'undo-failed';

/** One line of the checklist, and of the report. Times are milliseconds since the epoch. */
export interface StepRecord {
  readonly id: string;
  readonly kind: StepDeclaration['kind'];
  readonly title: string;
  status: StepStatus;
  startedAt?: number;
  endedAt?: number;
  /** Attempts that began on the host. */
  attempts?: number;
  /** What was run, ready to paste; in a dry run what would be run. */
  commands?: readonly string[];
  /** Why it was skipped, how it failed, or what it found, in one line. */
  note?: string;
  /** How far it is while it runs, as the host last said. */
  progress?: string;
}
