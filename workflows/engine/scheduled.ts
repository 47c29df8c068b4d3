import { workflowInfo } from '@temporalio/workflow';
import { CLOSES_AS_COMPLETED, type Outcome } from '../contracts/outcome.ts';
import { goesLaterWay } from './later-change.ts';
import type { Procedure } from './procedure.ts';

/** The schedule that started this run; null when a person (or a program) did. The server itself notes it. */
export function startedBySchedule(): string | null {
  const found = workflowInfo()
    .typedSearchAttributes.getAll()
    .find(({ key }) => key.name === 'TemporalScheduledById');
  return typeof found?.value === 'string' ? found.value : null;
}

/**
 * Whether the run closes as Completed. One of a schedule does also when the host is as before: the next one can harm nothing,
 * and a failure would pause the schedule until somebody notices.
 */
export function closesAsCompleted(outcome: Outcome): boolean {
  if (CLOSES_AS_COMPLETED.includes(outcome)) return true;
  return HOST_AS_BEFORE.includes(outcome) && startedBySchedule() !== null && goesLaterWay('schedule-goes-on');
}

/** What becomes of the schedule, for the message that says how its run ended; null when no schedule started it. */
export function tellOfSchedule({ mutating }: Procedure, outcome: Outcome): string | null {
  const schedule = startedBySchedule();
  if (schedule === null) return null;
  if (!mutating || CLOSES_AS_COMPLETED.includes(outcome) || HOST_AS_BEFORE.includes(outcome))
    return `Its schedule ${schedule} goes on.`;
  const unless = outcome === 'aborted' ? ' (not after Request Cancellation: then pause it yourself)' : '';
  return `This pauses its schedule ${schedule}${unless}: it starts nothing any more. Once the cause is mended: in the UI Schedules, ${schedule}, Unpause ("fdts-ops schedules list" shows what is paused).`;
}

const HOST_AS_BEFORE: readonly Outcome[] = ['refused', 'rejected', 'expired'];
