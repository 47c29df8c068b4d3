import { type Calendar, isCalendarDay } from '../../config/calendar.ts';
import { type Day, dayAt, instantsOf, nextDay, timeAt } from '../../config/local-time.ts';

/** When a schedule starts its procedure. */
export interface Timing {
  readonly calendar: Calendar;
  /** `HH:MM`. */
  readonly at: string;
  readonly timezone: string;
  /** The run starts so long before the date, because users get notice; 0 for most. */
  readonly noticeSeconds: number;
}

/** One date of a schedule. */
export interface PlannedDate {
  readonly day: Day;
  /** Milliseconds since the epoch. */
  readonly instant: number;
  /** `HH:MM` on the clocks there; another one than configured on a day on which clocks change. */
  readonly time: string;
  /** Why the time is another one, in words. */
  readonly moved: {
    readonly because: 'missing' | 'twice';
    readonly why: string;
    readonly says: string;
  } | null;
}

/** Where a run goes on a day on which its hour does not exist, or exists twice. */
const SUBSTITUTES = ['03:30', '04:30', '05:30', '12:00'];

/** The dates from an instant on, up to another one (milliseconds since the epoch). */
export function* plannedDates(timing: Timing, from: number, until: number): Generator<PlannedDate> {
  for (let day = dayAt(from, timing.timezone); ; day = nextDay(day)) {
    if (Date.UTC(day.year, day.month - 1, day.day) > until + 86_400_000) return;
    if (!isCalendarDay(timing.calendar, day)) continue;
    for (const date of timing.calendar === 'every-hour' ? hoursOf(day, timing) : [dateOn(day, timing)]) {
      if (date.instant > until) return;
      if (date.instant > from) yield date;
    }
  }
}

const HALF_HOUR_MS = 1_800_000;

/**
 * The instants at which a schedule starts its run, from an instant on, up to another one: the dates themselves, or
 * earlier by the notice. A start that would be in an hour that comes twice is before that hour.
 */
export function* plannedStarts(timing: Timing, from: number, until: number): Generator<number> {
  const ahead = timing.noticeSeconds * 1000;
  for (const { instant } of plannedDates(timing, from + ahead, until + ahead)) {
    const start = ahead === 0 ? instant : startBefore(instant - ahead, timing.timezone);
    if (start > from) yield start;
  }
}

/** The latest full minute up to an instant that comes once on that day's clock. */
function startBefore(instant: number, timezone: string): number {
  let start = instant - (instant % 60_000);
  while (instantsOf(dayAt(start, timezone), timeAt(start, timezone), timezone).length > 1)
    start -= HALF_HOUR_MS;
  return start;
}

/** An hour that clocks leave out is none, and one that comes twice is two: nothing is moved. */
function hoursOf(day: Day, { at, timezone }: Timing): PlannedDate[] {
  const minute = at.slice(3);
  const hours = Array.from({ length: 24 }, (_, hour) => `${String(hour).padStart(2, '0')}:${minute}`);
  return hours
    .flatMap((time) =>
      instantsOf(day, time, timezone).map((instant) => ({ day, instant, time, moved: null })),
    )
    .sort((a, b) => a.instant - b.instant);
}

function dateOn(day: Day, { at, timezone }: Timing): PlannedDate {
  const instants = instantsOf(day, at, timezone);
  const [only] = instants;
  if (only !== undefined && instants.length === 1) return { day, instant: only, time: at, moved: null };
  const time = SUBSTITUTES.find((other) => instantsOf(day, other, timezone).length === 1) ?? '12:00';
  const because = instants.length === 0 ? 'missing' : 'twice';
  const date = `${day.year}-${String(day.month).padStart(2, '0')}-${String(day.day).padStart(2, '0')}`;
  const why =
    because === 'missing'
      ? `${at} does not exist in ${timezone} (clocks go forward)`
      : `${at} occurs twice in ${timezone} (clocks go back)`;
  const says = `on ${date} ${why}: the run is ${because === 'missing' ? '' : 'once, '}at ${time}`;
  const instant = instantsOf(day, time, timezone)[0] ?? Number.NaN;
  return { day, instant, time, moved: { because, why, says } };
}
