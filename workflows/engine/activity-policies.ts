import { ActivityCancellationType, type ActivityOptions, proxyActivities } from '@temporalio/workflow';
import type { Call, Changed, Ticket } from '../contracts/calls.ts';

/** What every reading activity is sent. */
export interface ReadRequest {
  readonly stamp: string;
  /** The step it serves; null for a read of the engine's own. */
  readonly step: string | null;
  /** The machine that the run was checked on; null before that, and for the control worker. */
  readonly machineId: string | null;
  readonly input: unknown;
}

/** What every mutating activity is sent. */
export interface ChangeRequest {
  readonly ticket: Ticket;
  readonly input: unknown;
}

/** How long a run waits for an absent worker before anything was changed. */
const ABSENT_WORKER = '60s';
/** Waiting for an absent worker uses up no attempt; a read that ends its worker must not go on for ever. */
const PATIENT_READS = 8;
/** A worker that was killed is noticed after this long; every activity heartbeats at least each second. */
const HEARTBEAT = '10s';

/** A backup of all the data at a gentle pace fits in. What hangs is ended by the time-outs of commands and calls. */
const LONGEST_ATTEMPT = '24h';

const READ: ActivityOptions = {
  startToCloseTimeout: LONGEST_ATTEMPT,
  heartbeatTimeout: HEARTBEAT,
  retry: { initialInterval: '1s', backoffCoefficient: 2, maximumInterval: '10s', maximumAttempts: 4 },
  cancellationType: ActivityCancellationType.WAIT_CANCELLATION_COMPLETED,
};

/**
 * Once something was changed, nothing gives up because a worker is away: attempts have no limit here.
 * The host counts the attempts that began, and fails the step for good when they are used up.
 */
const CHANGE: ActivityOptions = {
  startToCloseTimeout: LONGEST_ATTEMPT,
  heartbeatTimeout: HEARTBEAT,
  retry: { initialInterval: '1s', backoffCoefficient: 2, maximumInterval: '15s' },
  cancellationType: ActivityCancellationType.WAIT_CANCELLATION_COMPLETED,
};

/** How long a call may take at most, an absent worker and retries included. */
type GiveUpAfter = NonNullable<ActivityOptions['scheduleToCloseTimeout']>;

/** Makes a reading call. `patient`: wait for an absent worker without limit (after the first change). */
export async function makeRead<Result>(
  call: Call<string, Result>,
  to: {
    taskQueue: string;
    stamp: string;
    step: string | null;
    machineId: string | null;
    summary: string;
    patient: boolean;
    giveUpAfter?: GiveUpAfter;
  },
): Promise<Result> {
  const options: ActivityOptions = {
    ...READ,
    taskQueue: to.taskQueue,
    ...(to.patient
      ? { retry: { ...READ.retry, maximumAttempts: PATIENT_READS } }
      : { scheduleToStartTimeout: ABSENT_WORKER }),
    ...(to.giveUpAfter === undefined ? {} : { scheduleToCloseTimeout: to.giveUpAfter }),
  };
  const activity = proxyActivities<Named<(request: ReadRequest) => Promise<Result>>>(options)[call.activity];
  if (activity === undefined) throw new TypeError(`no activity is called ${call.activity}`);
  return activity.executeWithOptions({ summary: to.summary }, [
    { stamp: to.stamp, step: to.step, machineId: to.machineId, input: call.input },
  ]);
}

/** Makes a mutating call on the host. */
export async function makeChange<Result>(
  call: Call<string, Result>,
  ticket: Ticket,
  to: {
    taskQueue: string;
    summary: string;
    patient: boolean;
    giveUpAfter?: GiveUpAfter;
  },
): Promise<Changed<Result>> {
  const options: ActivityOptions = {
    ...CHANGE,
    taskQueue: to.taskQueue,
    ...(to.patient ? {} : { scheduleToStartTimeout: ABSENT_WORKER }),
    ...(to.giveUpAfter === undefined ? {} : { scheduleToCloseTimeout: to.giveUpAfter }),
  };
  const proxy = proxyActivities<Named<(request: ChangeRequest) => Promise<Changed<Result>>>>(options);
  const activity = proxy[call.activity];
  if (activity === undefined) throw new TypeError(`no activity is called ${call.activity}`);
  return activity.executeWithOptions({ summary: to.summary }, [{ ticket, input: call.input }]);
}

// The call carries the types (see calls.ts); here it is only a name to send.
type Named<Activity> = Record<string, Activity>;
