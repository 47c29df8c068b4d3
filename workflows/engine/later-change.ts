import { patched } from '@temporalio/workflow';

/** What procedures do otherwise since runs of an earlier version may be under way. */
export type LaterChange =
  | 'cut-over-asks'
  | 'emergency-asks'
  | 'untried-is-no-answer'
  | 'schedule-goes-on'
  | 'a-look-ends-nothing'
  | 'clean-up-looks-again'
  | 'down-is-left-alone'
  | 'users-hear-the-start'
  | 'users-hear-the-end'
  | 'fence-wants-a-boot'
  | 'gate-is-watched'
  | 'clean-up-where-it-helps'
  | 'schedule-asks-nobody';

/** Whether this run goes the changed way: not one that an earlier version took past this point. */
export function goesLaterWay(change: LaterChange): boolean {
  return patched(change);
}
