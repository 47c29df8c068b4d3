import type { Calendar } from '../../config/calendar.ts';
import { schedulesSection } from '../../config/sections/schedules.ts';
import { whenText } from './when-text.ts';

/** When a procedure starts by itself unless the configuration says otherwise; null when only a person starts it. */
export function usualSchedule(type: string): string | null {
  const defaults: Readonly<Record<string, { calendar: Calendar; at: string }>> =
    schedulesSection.parse(undefined);
  const schedule = defaults[type];
  return schedule === undefined ? null : `${whenText(schedule)}, in the host's timezone (by default)`;
}
