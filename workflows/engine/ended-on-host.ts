import type { Containment } from '../contracts/containment.ts';
import { CLOSES_AS_COMPLETED, type Outcome } from '../contracts/outcome.ts';
import type { StepFailure } from './failure.ts';

/** As what a recovery ends a run for good; what a person cleared is known to that person alone. */
const ENDS: readonly Outcome[] = ['rolled-back', 'completed', 'attention-needed', 'contained'];

/** How the run has ended on its host without this run (`EndOnHost`); null when the host did not say so. */
export function endOnHost({ type, details }: Pick<StepFailure, 'type' | 'details'>): Outcome | null {
  if (type !== 'FENCED_OFF') return null;
  const [told] = details;
  if (typeof told !== 'object' || told === null || !('endedAs' in told)) return null;
  const { endedAs } = told;
  return ENDS.find((outcome) => outcome === endedAs) ?? null;
}

/** Whether the host says the same of what was done as the run does; an abort that took all back is a rollback, too. */
export function agree(own: Outcome, onHost: Outcome): boolean {
  if (onHost === 'contained' || own === 'needs-operator') return own === onHost;
  return CLOSES_AS_COMPLETED.includes(own) === CLOSES_AS_COMPLETED.includes(onHost);
}

/** The end that the run takes over from its host. */
export function asEndedOnHost(
  outcome: Outcome,
  told: string,
  safeState: Containment | null,
): { readonly outcome: Outcome; readonly because: string; readonly commandsLeft: readonly string[] } {
  return {
    outcome,
    because: `ended on the host by fdts-ops recover, or by an emergency, as ${outcome}; its report is there. This run: ${told}`,
    commandsLeft: outcome === 'contained' ? (safeState?.left ?? []) : [],
  };
}
