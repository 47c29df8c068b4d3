import { randomUUID } from 'node:crypto';
import type { Client, WorkflowHandle } from '@temporalio/client';
import { type RunEnding, readEnding } from '../../../client/server/run-ending.ts';
import { waitUntil } from '../../../sandbox/wait-until.ts';
import type { Progress } from '../../../workflows/contracts/report.ts';
import type { StepStatus } from '../../../workflows/contracts/step.ts';

/** How a run closed, as a client sees it, with what its report says. */
export interface WindowEnd extends RunEnding {
  /** Of the workflow: COMPLETED, FAILED, CANCELLED, TERMINATED. */
  readonly status: string;
}

/** A maintenance window under way, driven as an operator does. */
export interface WindowRun {
  readonly handle: WorkflowHandle;
  /** Waits until a step has one of these states (default: it runs); fails at once when the run has ended before. */
  reaches(step: string, states?: readonly StepStatus[], timeoutMs?: number): Promise<void>;
  /** Waits until an activity of the run is on this attempt. */
  reachesAttempt(attempt: number): Promise<void>;
  /** `plan`: the code of the plan that is approved, which a gate that asks again needs. */
  approve(plan?: string): Promise<void>;
  abort(reason: string): Promise<void>;
  ended(timeoutMs?: number): Promise<WindowEnd>;
}

const RUNNING: readonly StepStatus[] = ['running', 'done', 'undoing', 'undone'];

/** Starts the window by type and queue, as the UI's form does; errors are watched for two seconds only. */
export async function startWindow(client: Client, input: object = {}): Promise<WindowRun> {
  const handle = await client.workflow.start('plannedMaintenance', {
    taskQueue: 'fdts-ops',
    workflowId: `window-${randomUUID().slice(0, 8)}`,
    args: [{ watchSeconds: 2, ...input }],
  });
  return windowRun(client.workflow.getHandle(handle.workflowId));
}

/** Starts the window and approves its plan as soon as the gate is open. */
export async function startApprovedWindow(client: Client, input: object = {}): Promise<WindowRun> {
  const run = await startWindow(client, input);
  await run.reaches('approve-plan', ['waiting']);
  await run.approve();
  return run;
}

/** A run that was started already. */
export function windowRun(handle: WorkflowHandle): WindowRun {
  return {
    handle,
    reaches: (step, states = RUNNING, timeoutMs = 120_000) => reaches(handle, step, states, timeoutMs),
    reachesAttempt: (attempt) => reachesAttempt(handle, attempt),
    approve: (plan) => handle.signal('approve', { by: 'tests', ...(plan === undefined ? {} : { plan }) }),
    abort: (reason) => handle.signal('abort', { by: 'tests', reason }),
    ended: (timeoutMs = 240_000) => ended(handle, timeoutMs),
  };
}

async function reaches(
  handle: WorkflowHandle,
  step: string,
  states: readonly StepStatus[],
  timeoutMs: number,
): Promise<void> {
  let seen = 'no query was answered';
  const has = async (): Promise<boolean> => {
    const progress = await handle.query<Progress>('progress');
    const status = progress.steps.find(({ id }) => id === step)?.status ?? 'pending';
    if (states.includes(status)) return true;
    const { outcome, because } = progress;
    if (outcome !== null)
      throw new Error(`the run ended as ${outcome} (${because}) while ${step} was ${status}`);
    seen = underWay(progress);
    return false;
  };
  // A query fails while the control worker or the server is away.
  const asked = (): Promise<boolean> =>
    has().catch((error: unknown) => {
      if (error instanceof Error && error.message.startsWith('the run ended')) throw error;
      seen = `the query failed: ${String(error)}`;
      return false;
    });
  const what = `step ${step} is ${states.join(' or ')}`;
  await waitUntil(what, asked, timeoutMs, 50).catch((error: Error) => {
    throw new Error(`${error.message}; last seen: ${seen}`, { cause: error });
  });
}

/** What a run was at when it was waited for in vain: every step that is neither ahead nor behind. */
function underWay({ steps }: Progress): string {
  return steps
    .filter(({ status }) => !['pending', 'done', 'skipped'].includes(status))
    .map(({ id, status, note }) => `${id} ${status}${note === undefined ? '' : ` (${note})`}`)
    .join(', ');
}

async function reachesAttempt(handle: WorkflowHandle, attempt: number): Promise<void> {
  const pending = async (): Promise<number> =>
    Math.max(
      0,
      ...((await handle.describe()).raw.pendingActivities ?? []).map((activity) => activity.attempt ?? 0),
    );
  await waitUntil(`attempt ${attempt} of an activity`, async () => (await pending()) >= attempt, 60_000);
}

async function ended(handle: WorkflowHandle, timeoutMs: number): Promise<WindowEnd> {
  let status = 'RUNNING';
  const hasEnded = async (): Promise<boolean> => {
    status = await handle.describe().then(
      (described) => described.status.name,
      () => 'RUNNING',
    );
    return status !== 'RUNNING';
  };
  await waitUntil(`the run ${handle.workflowId} ends`, hasEnded, timeoutMs, 200);
  return { status, ...(await readEnding(handle, status)) };
}
