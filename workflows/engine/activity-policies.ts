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

/** A call that waits for its worker without limit, for whoever stands by. */
export interface PatientCall {
  readonly activity: string;
  readonly taskQueue: string;
  readonly summary: string;
}

/** Who is there while a patient call lasts: nothing waits for a worker in silence. */
export interface StandBy {
  during<Result>(call: PatientCall, make: () => Promise<Result>): Promise<Result>;
}

/** How long a call may take at most, an absent worker and retries included. */
type GiveUpAfter = NonNullable<ActivityOptions['scheduleToCloseTimeout']>;

/**
 * Makes a reading call. `patient`: wait for an absent worker without limit (after the first change), with somebody who
 * stands by; null: give up.
 */
export async function makeRead<Result>(
  call: Call<string, Result>,
  to: {
    taskQueue: string;
    stamp: string;
    step: string | null;
    machineId: string | null;
    summary: string;
    patient: StandBy | null;
    giveUpAfter?: GiveUpAfter;
  },
): Promise<Result> {
  const options: ActivityOptions = {
    ...READ,
    taskQueue: to.taskQueue,
    ...(to.patient !== null
      ? { retry: { ...READ.retry, maximumAttempts: PATIENT_READS } }
      : { scheduleToStartTimeout: ABSENT_WORKER }),
    ...(to.giveUpAfter === undefined ? {} : { scheduleToCloseTimeout: to.giveUpAfter }),
  };
  const activity = proxyActivities<Named<(request: ReadRequest) => Promise<Result>>>(options)[call.activity];
  if (activity === undefined) throw new TypeError(`no activity is called ${call.activity}`);
  const request = { stamp: to.stamp, step: to.step, machineId: to.machineId, input: call.input };
  return standingBy(call, to, () => activity.executeWithOptions({ summary: to.summary }, [request]));
}

/** Makes a mutating call on the host; `patient` as for a read. */
export async function makeChange<Result>(
  call: Call<string, Result>,
  ticket: Ticket,
  to: {
    taskQueue: string;
    summary: string;
    patient: StandBy | null;
    giveUpAfter?: GiveUpAfter;
  },
): Promise<Changed<Result>> {
  const options: ActivityOptions = {
    ...CHANGE,
    taskQueue: to.taskQueue,
    ...(to.patient !== null ? {} : { scheduleToStartTimeout: ABSENT_WORKER }),
    ...(to.giveUpAfter === undefined ? {} : { scheduleToCloseTimeout: to.giveUpAfter }),
  };
  const proxy = proxyActivities<Named<(request: ChangeRequest) => Promise<Changed<Result>>>>(options);
  const activity = proxy[call.activity];
  if (activity === undefined) throw new TypeError(`no activity is called ${call.activity}`);
  const request = { ticket, input: call.input };
  return standingBy(call, to, () => activity.executeWithOptions({ summary: to.summary }, [request]));
}

async function standingBy<Result>(
  { activity }: Call,
  { taskQueue, summary, patient }: Pick<PatientCall, 'taskQueue' | 'summary'> & { patient: StandBy | null },
  make: () => Promise<Result>,
): Promise<Result> {
  return patient === null ? make() : patient.during({ activity, taskQueue, summary }, make);
}

// The call carries the types (see calls.ts); here it is only a name to send.
type Named<Activity> = Record<string, Activity>;
