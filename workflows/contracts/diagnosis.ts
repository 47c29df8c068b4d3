import type { CheckResult } from './calls.ts';
import type { UsersServed } from './error-rate.ts';

/** A program that keeps others from writing to the database. */
export interface LockHolder {
  readonly pid: number;
  readonly command: string;
  /** The service in whose container it runs; null: in none of the project. */
  readonly service: string | null;
  /** Whether that service is the app, which a restart may mend; left out by versions that did not tell. */
  readonly isApp?: boolean;
}

/** Whether the database can be reached. */
export interface DatabaseLook {
  readonly checks: readonly CheckResult[];
  /** The code of why it could not be read; null when it could. */
  readonly problem: string | null;
  readonly holders: readonly LockHolder[];
}

/** What keeps FDTS from working, as far as the host's resources go. */
export interface ResourceLook {
  readonly checks: readonly CheckResult[];
  readonly lines: readonly string[];
  /** Places whose disk has no room left. */
  readonly fullDisks: readonly string[];
  /** Whether Docker keeps something on one of them. A host's worker of an earlier version does not say. */
  readonly cleanUpHelps?: boolean;
  /** How long a gate waits for a person, as this host is configured. */
  readonly approvalTimeoutSeconds: number;
}

/** What the logs say, as counts and kinds. */
export interface LogLook {
  readonly lines: readonly string[];
  readonly appErrors: number;
}

/** What whoever restarts a service works with. */
export interface RestartSurvey {
  readonly service: string;
  /** When its container was started last; null: it does not run. */
  readonly startedAt: string | null;
  /** Whether the app answered healthy: only then a way back can prove that it does again. */
  readonly wasHealthy: boolean;
  readonly users: UsersServed;
  /** Whether what users do may need it. */
  readonly usersNeedIt: boolean;
  readonly approvalTimeoutSeconds: number;
  readonly watchSeconds: number;
}
