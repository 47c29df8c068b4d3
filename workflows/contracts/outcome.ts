/** The named ends of a run (docs/architecture.md, "What always holds", 1). */
export type Outcome =
  | 'completed'
  | 'attention-needed'
  | 'refused'
  | 'rolled-back'
  | 'rejected'
  | 'aborted'
  | 'expired'
  | 'contained'
  | 'needs-operator';

/** What each outcome tells an operator, for the UI, the CLI and the docs. */
export const OUTCOME_MEANING: Readonly<Record<Outcome, string>> = {
  completed: 'everything was done and verified',
  'attention-needed': 'done, but a check failed: the report names what answers it',
  refused: 'nothing was changed: the report says why and what to do',
  'rolled-back': 'a step failed and was taken back; the report names what stays, such as installed packages',
  rejected: 'a person said no at the gate; what was prepared is taken back',
  aborted: 'a person stopped the run; what was changed is taken back',
  expired: 'nobody answered the gate in time; what was prepared is taken back',
  contained:
    'an incident stays in its safe state until somebody approves to leave it; nothing else changes the host',
  'needs-operator':
    'a person has to look: an undo failed, or the host was taken from this run; the report says what is left',
};

/** The same for one run: a dry run has done nothing. */
export function meaningOf(outcome: Outcome, dryRun: boolean): string {
  return dryRun && CLOSES_AS_COMPLETED.includes(outcome)
    ? 'every change was listed, none was made'
    : OUTCOME_MEANING[outcome];
}

/**
 * Outcomes that close every run as Completed; every other one closes it as Failed with the outcome as failure type, but for
 * runs of a schedule whose next one can harm nothing.
 */
export const CLOSES_AS_COMPLETED: readonly Outcome[] = ['completed', 'attention-needed'];
