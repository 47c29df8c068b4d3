import { type Client, decodePendingActivityState } from '@temporalio/client';
import type { WaitingCall } from '../workflows/contracts/absence.ts';
import { pendingActivities } from './pending-activities.ts';

/**
 * Since when a call of a run waits for a worker, in milliseconds since the epoch: no attempt of it is under way, and the
 * next one is due. Null when a worker has it, or when the run does not wait for it any more.
 */
export async function waitOfCall(
  client: Client,
  { workflowId, runId, activity }: WaitingCall,
): Promise<number | null> {
  const pending = await pendingActivities(client, workflowId, runId);
  const waiting = pending.flatMap(({ activityType, state, scheduledTime }) =>
    activityType?.name === activity && decodePendingActivityState(state) === 'SCHEDULED'
      ? [Number(scheduledTime?.seconds ?? 0) * 1000]
      : [],
  );
  return waiting.length === 0 ? null : Math.min(...waiting);
}
