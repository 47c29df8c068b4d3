import type { StepDeclaration } from '../contracts/step.ts';
import type { InputFields } from './input.ts';

/** One section of the runbook: what the index, the schedules, the CLI, the docs and the engine read. */
export interface Procedure<Steps extends Readonly<Record<string, StepDeclaration>> = StepsById> {
  /** The workflow type, and the name of the workflow function. */
  readonly type: string;
  readonly title: string;
  /** The runbook's section. */
  readonly section: string;
  /** What it is for, in a sentence or two. */
  readonly summary: string;
  /** What it does beyond the section, in a sentence or two. */
  readonly beyond: string;
  /** Whether it changes the host, and so takes the host's hold. */
  readonly mutating: boolean;
  /**
   * Goes before routine runs: it begins without the hold, with changes that must not wait for it, and its body takes the
   * hold with `takeHoldFirst`, which makes a routine run give the host up.
   */
  readonly emergency?: true;
  /**
   * What it asks a person can wait until FDTS serves: at its gate the watch makes it give the host up when FDTS is down. Not
   * for what may itself be the way to mend that.
   */
  readonly givesWay?: true;
  /** The state in which it leaves the host when nobody answers. */
  readonly safeState: string;
  /** Why it may run in a freeze, in a sentence; without it a freeze binds a procedure that changes the host. */
  readonly freezeExempt?: string;
  readonly input: InputFields;
  /** Thresholds, limits and times of the host's file that it goes by, by their path; the runbook prints their values. */
  readonly settings: readonly string[];
  /** In the order in which they run; ids are kebab-case and stay for ever. */
  readonly steps: Steps;
}

export type StepsById = Readonly<Record<string, StepDeclaration>>;

/** Keeps the step ids as a type, so that a misspelt one does not compile. */
export function defineProcedure<const Steps extends StepsById>(
  procedure: Procedure<Steps>,
): Procedure<Steps> {
  return procedure;
}
