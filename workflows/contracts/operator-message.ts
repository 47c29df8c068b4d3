/** What the control worker tells operators, over channels of its own. */
export interface OperatorMessage {
  /** The run that says it. */
  readonly workflowId: string;
  readonly host: string;
  /** What it is about: `watch-blocked`, `worker-away`. */
  readonly kind: string;
  /** Tells it from the run's other messages of its kind; a repetition has the same. */
  readonly occurrence: number;
  readonly subject: string;
  readonly text: string;
}
