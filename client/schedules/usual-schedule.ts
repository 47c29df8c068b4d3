import type { Calendar } from '../../config/calendar.ts';
import { schedulesSection } from '../../config/sections/schedules.ts';
import { whenText } from './when-text.ts';

const HOUR_SECONDS = 3600;

/** When a procedure starts by itself unless the configuration says otherwise; null when only a person starts it. */
export function usualSchedule(type: string): string | null {
  const defaults: Readonly<Record<string, { calendar: Calendar; at: string; notice?: number }>> =
    schedulesSection.parse(undefined);
  const schedule = defaults[type];
  if (schedule === undefined) return null;
  const { notice } = schedule;
  const before =
    notice === undefined ? '' : `${notice / HOUR_SECONDS} h before its window, which opens on the `;
  return `${before}${whenText(schedule)}, in the host's timezone (by default)`;
}
