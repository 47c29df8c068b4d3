import type { CheckResult } from './calls.ts';

/** A port that users are shut out of: as they dial it, and as the container has it. */
export interface IncidentPort {
  readonly published: number;
  readonly target: number;
  readonly protocol: string;
}

/** What an isolation works with; found within seconds, since nothing waits for it. */
export interface IncidentSurvey {
  readonly checks: readonly CheckResult[];
  /** ISO time in UTC; null: users are not shut out now. */
  readonly isolatedSince: string | null;
  readonly ports: readonly IncidentPort[];
  readonly breakGlass: readonly string[];
  readonly operatorPort: number;
  /** The services that are made anew, in this order. */
  readonly services: readonly string[];
  readonly periodSeconds: number;
  readonly approvalTimeoutSeconds: number;
}

/** What is looked at from outside a host. */
export interface OutsideQuestion {
  /** The machine that was isolated: seen from itself, its ports are open. */
  readonly machineId: string;
  /** Names and addresses at which the host itself is reached. */
  readonly addresses: readonly string[];
  /** Where users come in; null when it is not known. */
  readonly publicUrl: string | null;
  readonly ports: readonly IncidentPort[];
  /** Addresses that are let in on purpose: from there open ports prove nothing. Absent in runs of earlier versions. */
  readonly breakGlass?: readonly string[];
  /** The operators' own door: that it answers proves that the host can be reached from here at all. */
  readonly operatorPort: number;
}

/** What a person told of an incident, in the fields of NIST SP 800-61 r2. */
export interface IncidentAccount {
  readonly description: string | null;
  readonly category: string | null;
  readonly reporter: string | null;
  readonly detectedAt: string | null;
}

/** Evidence that was sealed. */
export interface SealedEvidence {
  readonly folder: string;
  readonly files: number;
  readonly bytes: number;
  /** Of the manifest: whoever has it can prove later that nothing was changed. */
  readonly manifestSha256: string;
  readonly sealedAt: string;
  readonly notCollected: readonly string[];
}

/** Which secrets were renewed. Names only. */
export interface RenewedSecrets {
  readonly at: string;
  readonly file: string;
  readonly keys: readonly string[];
  readonly missing: readonly string[];
  /** Other keys of the file that look secret: left to a person. */
  readonly leftToDo: readonly string[];
}

/** The host's own record of the incident that is open. Times are ISO 8601 in UTC. */
export interface IncidentRecord {
  readonly id: string;
  readonly isolatedAt: string;
  readonly account: IncidentAccount;
  readonly ports: readonly string[];
  readonly breakGlass: readonly string[];
  readonly evidence: readonly SealedEvidence[];
  readonly secrets: RenewedSecrets | null;
  /** When it was proven that the old secrets are worth nothing; null: not proven. */
  readonly provenAt: string | null;
  /** The stamp of the run that proved it. A record of an earlier version does not say. */
  readonly provenIn?: string;
}
