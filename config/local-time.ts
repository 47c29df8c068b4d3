/** A day of the calendar, in whatever timezone is meant. Months from 1. */
export interface Day {
  readonly year: number;
  readonly month: number;
  readonly day: number;
}

const DAY_MS = 86_400_000;

/**
 * The instants (milliseconds since the epoch) at which a clock in this timezone shows `time` (`HH:MM`) on that day:
 * none when clocks go forward over it, two when they go back over it.
 */
export function instantsOf({ year, month, day }: Day, time: string, timezone: string): number[] {
  const [hour, minute] = time.split(':').map(Number);
  const asIfUtc = Date.UTC(year, month - 1, day, hour, minute);
  const offsets = [asIfUtc - DAY_MS, asIfUtc + DAY_MS].map((near) => offsetAt(near, timezone));
  const instants = offsets.map((offset) => asIfUtc - offset);
  return [...new Set(instants)].filter((at) => at + offsetAt(at, timezone) === asIfUtc).sort((a, b) => a - b);
}

/** The day that a calendar in this timezone shows at an instant. */
export function dayAt(instant: number, timezone: string): Day {
  const local = new Date(instant + offsetAt(instant, timezone));
  return { year: local.getUTCFullYear(), month: local.getUTCMonth() + 1, day: local.getUTCDate() };
}

/** The time of day (`HH:MM`) that a clock in this timezone shows at an instant. */
export function timeAt(instant: number, timezone: string): string {
  return localText(instant, timezone).slice(-5);
}

/** The day after. */
export function nextDay({ year, month, day }: Day): Day {
  const next = new Date(Date.UTC(year, month - 1, day + 1));
  return { year: next.getUTCFullYear(), month: next.getUTCMonth() + 1, day: next.getUTCDate() };
}

/** `Sun 2026-12-06 02:00`, as a clock in this timezone shows it. */
export function localText(instant: number, timezone: string): string {
  const local = new Date(instant + offsetAt(instant, timezone));
  const weekday = WEEKDAYS[local.getUTCDay()] ?? '';
  return `${weekday} ${local.toISOString().slice(0, 16).replace('T', ' ')}`;
}

const WEEKDAYS = ['Sun', 'Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat'];

/** Milliseconds by which local clocks are ahead of UTC. */
function offsetAt(instant: number, timezone: string): number {
  const parts = formatOf(timezone).formatToParts(instant);
  const get = (type: string) => Number(parts.find((part) => part.type === type)?.value);
  const shown = Date.UTC(
    get('year'),
    get('month') - 1,
    get('day'),
    get('hour'),
    get('minute'),
    get('second'),
  );
  return shown - Math.floor(instant / 1000) * 1000;
}

const formats = new Map<string, Intl.DateTimeFormat>();

/** Making one is slow, and thousands of days are asked. */
function formatOf(timezone: string): Intl.DateTimeFormat {
  const known = formats.get(timezone);
  if (known !== undefined) return known;
  const made = new Intl.DateTimeFormat('en-US', {
    timeZone: timezone,
    hourCycle: 'h23',
    year: 'numeric',
    month: 'numeric',
    day: 'numeric',
    hour: 'numeric',
    minute: 'numeric',
    second: 'numeric',
  });
  formats.set(timezone, made);
  return made;
}
