import type { Proof } from '../proof.ts';

/** A command of the paper runbook that fails when it is run as it stands, and what takes its place. */
export interface Erratum {
  readonly number: number;
  /** Its section and step on paper. */
  readonly section: string;
  /** The procedures in which it counts, by their type. */
  readonly procedures: readonly string[];
  readonly command: string;
  readonly happens: string;
  /** What fdts-ops does, and why. */
  readonly instead: string;
  readonly shownBy: readonly Proof[];
}
