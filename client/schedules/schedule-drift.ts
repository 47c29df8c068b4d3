import type { ScheduleDescription } from '@temporalio/client';
import { localText } from '../../config/local-time.ts';
import { CONTROL_TASK_QUEUE } from '../../workflows/contracts/task-queues.ts';
import { plannedStarts } from './planned-dates.ts';
import { CATCH_UP_MS, type PlannedSchedule, scheduledInput } from './planned-schedule.ts';

/** In what a schedule on the server differs from the configuration, in words; empty when it does not. */
export function scheduleDrift(found: ScheduleDescription, planned: PlannedSchedule, now: number): string[] {
  const { timing, procedure, host } = planned;
  const { action, policies, spec } = found;
  const input = action.args?.[0];
  const wantedInput = scheduledInput(host, timing);
  const dates = found.info.nextActionTimes.map((date) => date.getTime()).filter((at) => at > now);
  const wanted = nextPlanned(planned, now, dates.length || 1);
  return [
    ...differs('timezone', spec.timezone, timing.timezone),
    ...differs('next dates', shown(dates, timing.timezone), shown(wanted, timing.timezone)),
    ...differs('procedure', action.workflowType, procedure.type),
    ...differs('task queue', action.taskQueue, CONTROL_TASK_QUEUE),
    ...differs('input', JSON.stringify(input), JSON.stringify(wantedInput)),
    ...differs('overlap policy', policies.overlap, 'SKIP'),
    ...differs('catch-up window in ms', policies.catchupWindow, CATCH_UP_MS),
    ...differs('pause on failure', policies.pauseOnFailure, procedure.mutating),
  ];
}

const FAR_MS = 3 * 366 * 86_400_000;

function nextPlanned({ timing }: PlannedSchedule, now: number, count: number): number[] {
  const dates: number[] = [];
  for (const start of plannedStarts(timing, now, now + FAR_MS)) {
    if (dates.push(start) === count) break;
  }
  return dates;
}

function shown(dates: readonly number[], timezone: string): string {
  return dates.map((at) => localText(at, timezone)).join(', ');
}

function differs(what: string, got: unknown, wanted: unknown): string[] {
  return got === wanted
    ? []
    : [`${what}: is ${JSON.stringify(got)}, configured is ${JSON.stringify(wanted)}`];
}
