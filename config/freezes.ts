import { type Day, instantsOf, nextDay } from './local-time.ts';
import type { WrittenFreeze } from './sections/freezes.ts';

/** A time in which a host may not be changed; in milliseconds since the epoch, `until` no longer belongs to it. */
export interface Freeze {
  readonly name: string;
  readonly reason: string;
  readonly from: number;
  readonly until: number;
}

/** The freeze with its times resolved in the host's timezone; null when a day is none of the calendar. */
export function resolveFreeze({ name, reason, from, until }: WrittenFreeze, timezone: string): Freeze | null {
  const begins = momentOf(from, timezone, (day) => day);
  const ends = momentOf(until, timezone, nextDay);
  return begins === null || ends === null ? null : { name, reason, from: begins, until: ends };
}

function momentOf(text: string, timezone: string, ofWholeDay: (day: Day) => Day): number | null {
  const [date = '', time] = text.split(' ');
  const day = dayOf(date);
  if (day === null) return null;
  return time === undefined
    ? firstInstant(ofWholeDay(day), '00:00', timezone)
    : firstInstant(day, time, timezone);
}

function dayOf(date: string): Day | null {
  const [year = 0, month = 0, day = 0] = date.split('-').map(Number);
  const isReal = new Date(Date.UTC(year, month - 1, day)).toISOString().startsWith(date);
  return isReal ? { year, month, day } : null;
}

/** Of a time that clocks leave out (some do so at midnight): the first hour after it. */
function firstInstant(day: Day, time: string, timezone: string): number {
  const [hour = 0, minute = 0] = time.split(':').map(Number);
  for (let later = hour; later < 24; later += 1) {
    const [at] = instantsOf(
      day,
      `${String(later).padStart(2, '0')}:${String(minute).padStart(2, '0')}`,
      timezone,
    );
    if (at !== undefined) return at;
  }
  return firstInstant(nextDay(day), '00:00', timezone);
}

/** The freeze that is on at a moment; null when none is. Of several the one that ends last. */
export function freezeAt(freezes: readonly Freeze[], at: number): Freeze | null {
  const on = freezes.filter(({ from, until }) => from <= at && at < until);
  return on.reduce<Freeze | null>(
    (last, freeze) => (last === null || freeze.until > last.until ? freeze : last),
    null,
  );
}

/** When the host may be changed again: the end of the freeze, and of those that follow it without a gap. */
export function nextOpening(freezes: readonly Freeze[], at: number): number {
  const freeze = freezeAt(freezes, at);
  return freeze === null ? at : nextOpening(freezes, freeze.until);
}

/** The freeze that begins next after a moment; null when none does. */
export function nextFreeze(freezes: readonly Freeze[], after: number): Freeze | null {
  const later = freezes.filter(({ from }) => from > after);
  return later.reduce<Freeze | null>(
    (first, freeze) => (first === null || freeze.from < first.from ? freeze : first),
    null,
  );
}
