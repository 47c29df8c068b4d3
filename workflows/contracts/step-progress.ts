/** The signal by which a host tells a run how far a step is. It is not listed among those that operators send. */
export const STEP_PROGRESS_SIGNAL = 'step-progress';

/** How far a step is, in words. */
export interface StepProgressMessage {
  readonly step: string;
  readonly text: string;
}
