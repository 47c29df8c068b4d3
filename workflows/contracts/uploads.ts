import type { CheckResult } from './calls.ts';

/** How the entries of the uploads folder stand. */
export interface UploadsLook {
  readonly checks: readonly CheckResult[];
  /** How many have another mode or owner than they should. */
  readonly wrong: number;
}

/** What a repair of modes and owners did. */
export interface ModesRepaired {
  readonly changed: number;
  /** The list of what was changed, with what it was before: on the host only. */
  readonly listing: string;
  readonly lines: readonly string[];
}
