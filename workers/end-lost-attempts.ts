import { readFile } from 'node:fs/promises';
import { hostname } from 'node:os';
import { ApplicationFailure, type Client, decodePendingActivityState } from '@temporalio/client';
import { fdtsHost } from '../workflows/contracts/search-attributes.ts';
import { pendingActivities } from './pending-activities.ts';

/**
 * Tells the server of attempts that died with an earlier worker of this machine, before this one takes work: else they
 * count as under way until their heartbeats are missed, perhaps with users shut out. Gives the activities. An attempt whose
 * process still runs is left alone.
 */
export async function endLostAttempts(client: Client, host: string): Promise<readonly string[]> {
  const ended: string[] = [];
  const open = client.workflow.list({
    query: `ExecutionStatus = "Running" AND ${fdtsHost.name} = "${host}"`,
  });
  for await (const { workflowId, runId } of open) {
    const pending = await pendingActivities(client, workflowId, runId);
    for (const { activityId, activityType, state, lastWorkerIdentity } of pending) {
      const isWithWorker = ['STARTED', 'CANCEL_REQUESTED'].includes(decodePendingActivityState(state) ?? '');
      if (activityId == null || !isWithWorker) continue;
      if (!(await isGone(lastWorkerIdentity ?? ''))) continue;
      const lost = ApplicationFailure.create({
        type: 'WORKER_LOST',
        message: 'the worker ended in the middle of it',
      });
      await client.activity.fail({ workflowId, runId, activityId }, lost);
      ended.push(`${activityType?.name ?? activityId} of ${workflowId}`);
    }
  }
  return ended;
}

/** A worker of this machine that has ended. One that had the number of this process ended with another boot. */
async function isGone(identity: string): Promise<boolean> {
  const [, pid, machine] = /^(\d+)@(.+)$/.exec(identity) ?? [];
  if (pid === undefined || machine !== hostname()) return false;
  if (Number(pid) === process.pid) return true;
  const command = await readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '');
  return !command.includes('fdts-ops');
}
