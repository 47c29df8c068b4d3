import type { Outcome } from '../../workflows/contracts/outcome.ts';

/** What was seen from outside after a demo's window. */
export interface Seen {
  readonly outcome: Outcome | null;
  /** That serves now; null when FDTS does not answer. */
  readonly version: string | null;
  /** Which of users' data is not as before. */
  readonly changed: readonly string[];
  readonly downtimeSeconds: number;
}

/** What is not as a demo expects it: a good release completes, a broken one is taken back; users' data stays. */
export function surprises({ outcome, version, changed }: Seen, breakApp: boolean): string[] {
  const expected = breakApp
    ? ({ outcome: 'rolled-back', version: '1.0.0' } as const)
    : ({ outcome: 'completed', version: '1.1.0' } as const);
  return [
    ...(outcome === expected.outcome ? [] : [`outcome: got ${outcome}, expected ${expected.outcome}`]),
    ...(version === expected.version ? [] : [`version: got ${version}, expected ${expected.version}`]),
    ...changed.map((part) => `data: ${part}, expected as before`),
  ];
}
