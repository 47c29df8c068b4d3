import type { RunReport } from '../../workflows/contracts/report.ts';
import type { StepRecord } from '../../workflows/contracts/step.ts';

/** The steps of a run from one to another and the seconds of each, for a note. */
export function stepTimes({ steps }: RunReport, from: string, to: string): string {
  const ids = steps.map(({ id }) => id);
  return steps
    .slice(ids.indexOf(from), ids.indexOf(to) + 1)
    .filter(({ status }) => status !== 'skipped')
    .map((step) => `${step.id} ${seconds(step).toFixed(1)} s`)
    .join(', ');
}

/** The seconds of one step of a run. */
export function stepSeconds({ steps }: RunReport, id: string): number {
  const step = steps.find((candidate) => candidate.id === id);
  if (step === undefined) throw new Error(`the run has no step ${id}`);
  return seconds(step);
}

function seconds({ startedAt = 0, endedAt = 0 }: StepRecord): number {
  return (endedAt - startedAt) / 1000;
}
