import type { Containment } from '../../contracts/containment.ts';
import type { RestoreSurvey } from '../../contracts/restore-plan.ts';
import { change, undoWith } from '../../engine/calls.ts';
import type { StepsById } from '../../engine/procedure.ts';
import type { Run } from '../../engine/run.ts';

/** What the steps are for, each as its own procedure declares it. */
interface StopSteps extends StepsById {
  readonly 'block-start': StepsById[string];
  readonly 'stop-services': StepsById[string];
}

/** The safe state, what a person does next, and whether the users of FDTS are those who are shut out. */
interface Stopped extends Pick<Containment, 'safeState' | 'left'> {
  readonly shutsUsersOut: boolean;
}

/** Stops FDTS and keeps it stopped, through reboots and whatever ends the run: from then on only an approval starts it. */
export async function stopContained(
  run: Run<StopSteps>,
  { policies, stopOrder }: Pick<RestoreSurvey, 'policies' | 'stopOrder'>,
  { safeState, left, shutsUsersOut }: Stopped,
): Promise<void> {
  const unblock = undoWith('Let FDTS start itself again', change.unblockStart({ policies }));
  await run.change('block-start', change.blockStart({}), run.incident === null ? { undo: unblock } : {});
  if (shutsUsersOut) run.shutUsersOut();
  const stopAll = change.stopServices({ services: stopOrder });
  const keep = undoWith('Keep FDTS stopped', stopAll);
  await run.change('stop-services', stopAll, { contains: { safeState, keep, left } });
}
