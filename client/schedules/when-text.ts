import type { Calendar } from '../../config/calendar.ts';

/** `first sunday at 02:00`, `every hour, 20 minutes past`. */
export function whenText({ calendar, at }: { readonly calendar: Calendar; readonly at: string }): string {
  const days = calendar.replace('-', ' ');
  return calendar === 'every-hour' ? `${days}, ${Number(at.slice(3))} minutes past` : `${days} at ${at}`;
}
