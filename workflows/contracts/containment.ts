import type { UndoCall } from './calls.ts';

/** A safe state that a run has reached: from then on only an approval leaves it. */
export interface Containment {
  /** The state as an operator reads it after "the host stays": `stopped, the damaged database untouched`. */
  readonly safeState: string;
  /** Reaches the safe state again, from wherever the run was: repeating it changes nothing. */
  readonly keep: UndoCall;
  /** What a person does about the incident, in order. */
  readonly left: readonly string[];
}

/** A containment that is recorded on the host until an approval or a person ends it. */
export interface Incident extends Containment {
  readonly procedure: string;
  /** The run that has it now: a follow-up run takes it over. */
  readonly workflowId: string;
  readonly runId: string;
  /** ISO 8601 in UTC. */
  readonly since: string;
}

/** The run that has a host, as whoever needs that host is told of it. */
export interface Holder {
  readonly procedure: string;
  readonly workflowId: string;
  readonly runId: string;
  /** `open`: under way, or gone without an end. `needs-operator`: the host is quarantined after it. */
  readonly state: 'open' | 'needs-operator';
  readonly since: string;
  readonly step: string | null;
}
