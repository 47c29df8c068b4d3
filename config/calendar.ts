import type { Day } from './local-time.ts';

const WEEKDAYS = ['sunday', 'monday', 'tuesday', 'wednesday', 'thursday', 'friday', 'saturday'] as const;
const ORDINALS = ['first', 'second', 'third', 'fourth'] as const;

/** The calendars that a schedule may follow: `every-hour`, `every-day`, `every-sunday`, `first-sunday`, … */
export const CALENDARS = [
  'every-hour',
  'every-day',
  ...WEEKDAYS.map((day) => `every-${day}` as const),
  ...ORDINALS.flatMap((ordinal) => WEEKDAYS.map((day) => `${ordinal}-${day}` as const)),
] as const;

/** A calendar word, see {@link CALENDARS}. */
export type Calendar = (typeof CALENDARS)[number];

/** Which days a calendar word means: weekday (0 is Sunday) and days of the month, both of which must match. */
export function daysOf(calendar: Calendar): {
  readonly weekday: number | null;
  readonly daysOfMonth: { readonly start: number; readonly end: number } | null;
} {
  const [which = '', name = ''] = calendar.split('-');
  const weekday = WEEKDAYS.findIndex((day) => day === name);
  const week = ORDINALS.findIndex((ordinal) => ordinal === which);
  return {
    weekday: weekday < 0 ? null : weekday,
    daysOfMonth: week < 0 ? null : { start: week * 7 + 1, end: week * 7 + 7 },
  };
}

/** Whether the calendar word means this day. */
export function isCalendarDay(calendar: Calendar, { year, month, day }: Day): boolean {
  const { weekday, daysOfMonth } = daysOf(calendar);
  return (
    (weekday === null || weekday === new Date(Date.UTC(year, month - 1, day)).getUTCDay()) &&
    (daysOfMonth === null || (day >= daysOfMonth.start && day <= daysOfMonth.end))
  );
}
