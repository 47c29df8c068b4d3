/** How much of a run the checklist tells, in steps, bytes and lines. */
export interface Detail {
  /** Each step that was left out, with why; else their number. */
  readonly skippedSteps: boolean;
  /** Each step that is done; else their number. */
  readonly doneSteps: boolean;
  readonly pendingSteps: number;
  readonly text: number;
  readonly note: number;
  readonly planLines: number;
  readonly planLine: number;
}

const ALL = {
  skippedSteps: true,
  doneSteps: true,
  pendingSteps: 99,
  text: 600,
  note: 160,
  planLines: 6,
  planLine: 160,
} satisfies Detail;

const FEW = { ...ALL, skippedSteps: false, doneSteps: false };

/** From all to the least: what matters least to a person who has to decide goes first. */
export const DETAILS: readonly Detail[] = [
  ALL,
  { ...ALL, skippedSteps: false, text: 400 },
  FEW,
  { ...FEW, pendingSteps: 8, text: 500, note: 120, planLines: 5, planLine: 130 },
  { ...FEW, pendingSteps: 3, text: 400, note: 120, planLines: 4, planLine: 100 },
  { ...FEW, pendingSteps: 1, text: 400, note: 120, planLines: 4, planLine: 100 },
  { ...FEW, pendingSteps: 1, text: 300, note: 80, planLines: 3, planLine: 90 },
  { ...FEW, pendingSteps: 1, text: 300, note: 80, planLines: 2, planLine: 60 },
];
