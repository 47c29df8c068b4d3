import type { Client } from '@temporalio/client';
import { localText } from '../../config/local-time.ts';
import { describeSchedule } from './apply-schedules.ts';
import { plannedDates, plannedStarts, type Timing } from './planned-dates.ts';
import type { PlannedSchedule } from './planned-schedule.ts';
import { scheduleDrift } from './schedule-drift.ts';
import { whenText } from './when-text.ts';

/** One schedule as `schedules list` shows it. */
export interface ListedSchedule {
  readonly id: string;
  readonly host: string;
  readonly procedure: string;
  readonly when: string;
  readonly state: 'as configured' | 'drift' | 'missing' | 'not wanted' | 'none wanted';
  readonly drift: readonly string[];
  readonly paused: boolean;
  readonly note: string | null;
  /** From the server when the schedule is there, else what the configuration would give. */
  readonly next: readonly { readonly local: string; readonly utc: string }[];
  /** The days of the next 13 months on which clocks change the time. */
  readonly clockChanges: readonly string[];
}

const SHOWN_DATES = 5;
const YEAR_MS = 400 * 86_400_000;
const TWO_DAYS_MS = 2 * 86_400_000;

/** Compares one schedule with the server's. */
export async function listSchedule(
  { schedule }: Client,
  planned: PlannedSchedule,
  now: number,
): Promise<ListedSchedule> {
  const { id, host, procedure, timing, enabled } = planned;
  const found = await describeSchedule(schedule.getHandle(id));
  const ahead = timing.calendar === 'every-hour' ? TWO_DAYS_MS : YEAR_MS;
  const dates = [...plannedDates(timing, now, now + ahead)];
  const next =
    found === undefined
      ? (enabled ? [...plannedStarts(timing, now, now + YEAR_MS)] : []).slice(0, SHOWN_DATES)
      : found.info.nextActionTimes.map((date) => date.getTime());
  const drift = found === undefined || !enabled ? [] : scheduleDrift(found, planned, now);
  return {
    id,
    host,
    procedure: procedure.type,
    when: `${whenText(timing)}, ${timing.timezone}${aheadOf(timing)}`,
    state: stateOf(found !== undefined, enabled, drift.length > 0),
    drift,
    paused: found?.state.paused ?? false,
    note: found?.state.note ?? null,
    next: next
      .slice(0, SHOWN_DATES)
      .map((at) => ({ local: localText(at, timing.timezone), utc: new Date(at).toISOString() })),
    clockChanges: enabled ? dates.flatMap(({ moved }) => (moved === null ? [] : [moved.says])) : [],
  };
}

/** Ids of schedules on the server that look like ours, and that the configuration does not speak of. */
export async function strangeSchedules(
  { schedule }: Client,
  planned: readonly PlannedSchedule[],
): Promise<string[]> {
  const known = new Set(planned.map(({ id }) => id));
  const strange: string[] = [];
  for await (const { scheduleId } of schedule.list()) {
    if (scheduleId.startsWith('fdts-') && !known.has(scheduleId)) strange.push(scheduleId);
  }
  return strange;
}

function aheadOf({ noticeSeconds }: Timing): string {
  return noticeSeconds === 0 ? '' : `; the run starts ${noticeText(noticeSeconds)} before, and waits`;
}

function noticeText(seconds: number): string {
  if (seconds % 3600 === 0) return `${seconds / 3600} h`;
  return `${Math.round(seconds / 60)} min`;
}

function stateOf(isThere: boolean, enabled: boolean, drifts: boolean): ListedSchedule['state'] {
  if (!enabled) return isThere ? 'not wanted' : 'none wanted';
  if (!isThere) return 'missing';
  return drifts ? 'drift' : 'as configured';
}
