import { isCancellation, workflowInfo } from '@temporalio/workflow';
import type { Call } from '../contracts/calls.ts';
import type { Holder } from '../contracts/containment.ts';
import { hostTaskQueue } from '../contracts/task-queues.ts';
import type { HolderState, WatchLook, WatchRules } from '../contracts/watch.ts';
import { makeRead } from '../engine/activity-policies.ts';
import { control, read } from '../engine/calls.ts';
import { describeFailure } from '../engine/failure.ts';

/** The look, or why there was none. */
export async function lookAtHost(
  { host, everySeconds }: WatchRules,
  lastMutedAt: number | null,
): Promise<WatchLook | string> {
  const taskQueue = hostTaskQueue(host);
  const freeSeconds = lastMutedAt === null ? null : (Date.now() - lastMutedAt) / 1000;
  try {
    return await readOf(
      taskQueue,
      read.lookAtHost({ seconds: everySeconds, freeSeconds }),
      'look at the host',
    );
  } catch (error) {
    if (isCancellation(error)) throw error;
    return describeFailure(error, taskQueue).message;
  }
}

/** How a run ended; null while it goes on, or when the control worker cannot say now. */
export async function readEnd(workflowId: string): Promise<string | null> {
  return orNull(control.readEnd({ workflowId }), 'see whether the answer has ended');
}

/** What the run does that has the host; null when the control worker cannot say now. */
export async function readHolder({ workflowId, runId }: Holder): Promise<HolderState | null> {
  return orNull(control.readHolder({ workflowId, runId }), 'see what the run does that has the host');
}

async function orNull<Result>(call: Call<string, Result>, summary: string): Promise<Result | null> {
  try {
    return await readOf(workflowInfo().taskQueue, call, summary);
  } catch (error) {
    if (isCancellation(error)) throw error;
    return null;
  }
}

async function readOf<Result>(
  taskQueue: string,
  call: Call<string, Result>,
  summary: string,
): Promise<Result> {
  return makeRead(call, { taskQueue, stamp: 'watch', step: null, machineId: null, summary, patient: null });
}
