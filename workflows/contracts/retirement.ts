import type { RestoreSurvey } from './restore-plan.ts';

/** How FDTS stands on a machine that another one has replaced, once its worker is back. */
export interface RetirementSurvey extends Pick<RestoreSurvey, 'stopOrder' | 'policies'> {
  /** Whether whoever still reaches this machine is served by it. */
  readonly isServing: boolean;
  readonly approvalTimeoutSeconds: number;
  /**
   * What two clocks of the machine say as it answers: the seconds since it booted, by the one that nobody sets, and the time,
   * in milliseconds since the epoch, by its calendar. Absent from versions that did not tell.
   */
  readonly clocks?: { readonly secondsSinceBoot: number; readonly at: number };
}

/** The machine on which FDTS ran before, as the configuration bundle names it. */
export interface OldMachine {
  /** Its `host.name`. */
  readonly host: string;
  /** Its /etc/machine-id. */
  readonly machineId: string;
  /** The `host.name` of the machine that is FDTS now. */
  readonly replacedBy: string;
}
