/** The host's worker is away: a call of a run waits, and nobody takes it. */
export interface Absence {
  readonly host: string;
  /** Milliseconds since the epoch. */
  readonly since: number;
}

/** A call of a run that waits for a worker, as the server knows it. */
export interface WaitingCall {
  readonly workflowId: string;
  readonly runId: string;
  readonly activity: string;
}
