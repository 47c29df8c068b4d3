import type { Ending } from './ending.ts';
import { goesLaterWay } from './later-change.ts';
import type { StepsById } from './procedure.ts';
import type { Run } from './run.ts';
import type { Message } from './tell-people.ts';

/** The last that users hear of a window. */
export const MAINTENANCE_OVER: Message = {
  key: 'announcement-end',
  audience: 'users',
  subject: 'maintenance is over',
  text: 'FDTS serves again.',
};

/** A person decides about what does not work. */
const MAINTENANCE_UNSETTLED: Message = {
  ...MAINTENANCE_OVER,
  text: 'Not everything may work yet: that is being looked into.',
};

/** Users are still shut out. */
export const MAINTENANCE_LATE: Message = {
  key: 'announcement-late',
  audience: 'users',
  subject: 'maintenance takes longer',
  text: 'FDTS is still away.',
};

/**
 * Tells users how a run ends that they were told of, when no step and no undo has: after the cut-over, images that go back
 * and a choice that a person has to make both end it early. A host of which nobody knows how it stands says nothing.
 */
export async function tellUsersOfEnd(
  run: Run<StepsById>,
  { outcome, ownsHost }: Pick<Ending, 'outcome' | 'ownsHost'>,
): Promise<void> {
  if (!run.usersAwaitEnd || !run.decisions.isPastReturn) return;
  if (!ownsHost || outcome === 'needs-operator' || !goesLaterWay('users-hear-the-end')) return;
  await run.tell(lastWord(run));
}

function lastWord({ usersOutSince, next }: Run<StepsById>): Message {
  if (usersOutSince !== null) return MAINTENANCE_LATE;
  return next === null ? MAINTENANCE_OVER : MAINTENANCE_UNSETTLED;
}

/** Tells users that FDTS serves, when the last that they heard is that a maintenance takes longer. */
export async function tellUsersItServes(run: Run<StepsById>): Promise<void> {
  if (!goesLaterWay('users-hear-the-end')) return;
  await run.tell({ ...MAINTENANCE_OVER, after: [MAINTENANCE_LATE.key] });
}
