import type { CalendarSpec } from '@temporalio/client';
import { type Calendar, daysOf } from '../../config/calendar.ts';
import type { Day } from '../../config/local-time.ts';

const WEEKDAYS = ['SUNDAY', 'MONDAY', 'TUESDAY', 'WEDNESDAY', 'THURSDAY', 'FRIDAY', 'SATURDAY'] as const;

/** The calendar word as Temporal's server takes it. `time`: `HH:MM`; of `every-hour` only the minutes count. */
export function calendarSpec(calendar: Calendar, time: string): CalendarSpec {
  const { weekday, daysOfMonth } = daysOf(calendar);
  const { hour, minute } = clockSpec(time);
  const dayOfWeek = weekday === null ? undefined : WEEKDAYS[weekday];
  if (calendar === 'every-hour') return { comment: `every hour, ${minute} minutes past`, hour: '*', minute };
  return {
    comment: `${calendar.replace('-', ' ')} at ${time}`,
    hour,
    minute,
    ...(dayOfWeek === undefined ? {} : { dayOfWeek }),
    ...(daysOfMonth === null ? {} : { dayOfMonth: daysOfMonth }),
  };
}

const MONTHS = [
  'JANUARY',
  'FEBRUARY',
  'MARCH',
  'APRIL',
  'MAY',
  'JUNE',
  'JULY',
  'AUGUST',
  'SEPTEMBER',
  'OCTOBER',
  'NOVEMBER',
  'DECEMBER',
] as const;

/** One time on one day, as Temporal's server takes it. */
export function oneDaySpec({ year, month, day }: Day, time: string): CalendarSpec {
  return { year, month: MONTHS[month - 1] ?? 'JANUARY', dayOfMonth: day, ...clockSpec(time) };
}

function clockSpec(time: string): { hour: number; minute: number } {
  const [hour = 0, minute = 0] = time.split(':').map(Number);
  return { hour, minute };
}
