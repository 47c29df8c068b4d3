import type { CheckResult } from './calls.ts';

/** What is known of the secrets with which the app signs tokens; never a value. */
export interface SecretsLook {
  readonly checks: readonly CheckResult[];
  /** Keys that are not set at all. */
  readonly missing: readonly string[];
  /** Keys of the env file that the app runs with another value of, or without. */
  readonly stale: readonly string[];
}
