import { plannedDates, type Timing } from '../client/schedules/planned-dates.ts';
import { localText, timeAt } from '../config/local-time.ts';
import type { NextWindow } from '../workflows/contracts/window-plan.ts';

const FAR_MS = 3 * 366 * 86_400_000;

/** The first window of a host that opens after an instant (milliseconds since the epoch), and lasts so long. */
export function nextWindow(timing: Timing, after: number, seconds: number): NextWindow {
  const { timezone, noticeSeconds } = timing;
  const next = plannedDates(timing, after, after + FAR_MS).next().value;
  if (next === undefined) throw new Error(`no window in three years: ${timing.calendar} at ${timing.at}`);
  const opensAt = next.instant;
  const closesAt = opensAt + seconds * 1000;
  const why = next.moved === null ? '' : `; ${next.moved.why}`;
  const says = `${localText(opensAt, timezone)} to ${timeAt(closesAt, timezone)} (${timezone})${why}`;
  return { opensAt, closesAt, noticeSeconds, says };
}
