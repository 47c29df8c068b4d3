import {
  type Client,
  type ScheduleDescription,
  type ScheduleHandle,
  ScheduleNotFoundError,
} from '@temporalio/client';
import { CliError } from '../cli-error.ts';
import { type PlannedSchedule, scheduleOptions } from './planned-schedule.ts';
import { scheduleDrift } from './schedule-drift.ts';

/** What `apply` did with one schedule. */
export interface AppliedSchedule {
  readonly id: string;
  readonly did: 'created' | 'updated' | 'unchanged' | 'removed' | 'none wanted';
}

/** Makes one schedule as the configuration wants it. Doing it again changes nothing; a pause by a person stays. */
export async function applySchedule(
  { schedule: schedules }: Client,
  planned: PlannedSchedule,
  now: number,
): Promise<AppliedSchedule> {
  const { id } = planned;
  const handle = schedules.getHandle(id);
  const found = await describeSchedule(handle);
  if (!planned.enabled) {
    if (found === undefined) return { id, did: 'none wanted' };
    await handle.delete();
    return { id, did: 'removed' };
  }
  const wanted = scheduleOptions(planned, now);
  if (found === undefined) {
    await schedules.create(wanted).catch((error: unknown) => {
      throw explained(error, planned);
    });
    return { id, did: 'created' };
  }
  if (scheduleDrift(found, planned, now).length === 0) return { id, did: 'unchanged' };
  const { spec, action, policies } = wanted;
  await handle
    .update(({ state }) => ({ spec, action: { ...action }, policies, state }))
    .catch((error: unknown) => {
      throw explained(error, planned);
    });
  return { id, did: 'updated' };
}

/** The schedule as the server has it, or undefined. */
export async function describeSchedule(handle: ScheduleHandle): Promise<ScheduleDescription | undefined> {
  try {
    return await handle.describe();
  } catch (error) {
    if (error instanceof ScheduleNotFoundError) return undefined;
    throw error;
  }
}

/** The server has timezone data of its own, which may be older. */
function explained(error: unknown, { id, timing }: PlannedSchedule): unknown {
  const message = error instanceof Error ? error.message : String(error);
  if (!message.toLowerCase().includes('time zone')) return error;
  return new CliError('usage', {
    code: 'UNKNOWN_TIMEZONE',
    message: `schedule ${id} was not made: the Temporal server does not know the timezone ${timing.timezone} (${message})`,
    hint: "Correct the host's timezone in the configuration, or renew the timezone data of the server.",
    cause: error,
  });
}
