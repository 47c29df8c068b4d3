import type { ScheduleOptions, ScheduleSpec } from '@temporalio/client';
import type { ControlConfig, ControlHost } from '../../config/control-schema.ts';
import { dayAt, timeAt } from '../../config/local-time.ts';
import { fdtsHost, fdtsProcedure } from '../../workflows/contracts/search-attributes.ts';
import { CONTROL_TASK_QUEUE } from '../../workflows/contracts/task-queues.ts';
import type { Procedure } from '../../workflows/engine/procedure.ts';
import { procedures } from '../../workflows/procedures/index.ts';
import { staticDetails } from '../static-details.ts';
import { calendarSpec, oneDaySpec } from './calendar-days.ts';
import { plannedDates, plannedStarts, type Timing } from './planned-dates.ts';

/** A schedule as the configuration wants it. */
export interface PlannedSchedule {
  readonly id: string;
  readonly host: string;
  readonly procedure: Procedure;
  readonly timing: Timing;
  /** False: the configuration says that there is none. */
  readonly enabled: boolean;
}

/** Every schedule that the configuration speaks of, the disabled ones too. */
export function plannedSchedules({ hosts }: ControlConfig): PlannedSchedule[] {
  return hosts.flatMap((host) =>
    procedures.flatMap((procedure) => {
      const planned = configured(host, procedure.type);
      if (planned === undefined) return [];
      const { enabled } = planned;
      const timing = timingOf(planned, host.timezone);
      return [{ id: `fdts-${host.name}-${procedure.type}`, host: host.name, procedure, timing, enabled }];
    }),
  );
}

type Configured = ControlHost['schedules'][keyof ControlHost['schedules']];

function timingOf(planned: Configured, timezone: string): Timing {
  const { calendar, at } = planned;
  return { calendar, at, timezone, noticeSeconds: 'notice' in planned ? planned.notice : 0 };
}

/** When the maintenance windows of a host open. */
export function windowTiming({ schedules, timezone }: ControlHost): Timing {
  return timingOf(schedules.plannedMaintenance, timezone);
}

function configured({ schedules }: ControlHost, type: string): Configured | undefined {
  return new Map<string, Configured>(Object.entries(schedules)).get(type);
}

/** A missed run is started late only so long, in milliseconds: a window at noon would be worse than none. */
export const CATCH_UP_MS = 600_000;

/** The same as Temporal's server takes it. */
export function scheduleOptions({ id, host, procedure, timing }: PlannedSchedule, now: number) {
  return {
    scheduleId: id,
    spec: scheduleSpec(timing, now),
    action: {
      type: 'startWorkflow',
      workflowType: procedure.type,
      taskQueue: CONTROL_TASK_QUEUE,
      // The server adds the time: each run has an id of its own.
      workflowId: `${procedure.type}-${host}`,
      args: [scheduledInput(host, timing)],
      staticSummary: `${procedure.title} on ${host} (scheduled)`,
      staticDetails: staticDetails(procedure),
      typedSearchAttributes: [
        { key: fdtsProcedure, value: procedure.type },
        { key: fdtsHost, value: host },
      ],
    },
    policies: { overlap: 'SKIP', catchupWindow: CATCH_UP_MS, pauseOnFailure: procedure.mutating },
  } as const satisfies ScheduleOptions;
}

/** What a scheduled run is started with: one that starts ahead of its date waits for it. */
export function scheduledInput(host: string, { noticeSeconds }: Timing) {
  return noticeSeconds > 0 ? { host, when: 'next-window' } : { host };
}

const YEARS_AHEAD = 5;

/**
 * Temporal matches clocks literally: no run at an hour that is left out, two at one that comes twice. So each such day
 * of the next years is written out: taken from the calendar and put at an hour that exists once.
 */
function scheduleSpec(timing: Timing, now: number): ScheduleSpec {
  const until = Date.UTC(new Date(now).getUTCFullYear() + YEARS_AHEAD, 11, 31);
  const { timezone } = timing;
  if (timing.noticeSeconds > 0) {
    // The day before a first Sunday is no calendar that the server knows: each start is written out.
    const starts = [...plannedStarts(timing, now, until)];
    return { timezone, calendars: starts.map((at) => oneDaySpec(dayAt(at, timezone), timeAt(at, timezone))) };
  }
  const isHourly = timing.calendar === 'every-hour';
  const moved = isHourly ? [] : [...plannedDates(timing, now, until)].filter((date) => date.moved !== null);
  return {
    timezone,
    calendars: [
      calendarSpec(timing.calendar, timing.at),
      ...moved.map(({ day, time }) => oneDaySpec(day, time)),
    ],
    skip: moved.map(({ day }) => oneDaySpec(day, timing.at)),
  };
}
