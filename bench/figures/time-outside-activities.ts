import type { temporal } from '@temporalio/proto';

type History = temporal.api.history.v1.IHistory;
type Timestamp = NonNullable<temporal.api.history.v1.IHistoryEvent['eventTime']>;

/** Milliseconds of a closed run in which none of its activities was under way: what the server and the engine add to the work. */
export function timeOutsideActivities(history: History): number {
  const events = history.events ?? [];
  const begun = new Map<string, number>();
  const spans: [number, number][] = [];
  for (const { eventId, eventTime, activityTaskCompletedEventAttributes: completed, ...event } of events) {
    if (event.activityTaskStartedEventAttributes != null) begun.set(String(eventId), milliseconds(eventTime));
    if (completed == null) continue;
    const from = begun.get(String(completed.startedEventId));
    if (from !== undefined) spans.push([from, milliseconds(eventTime)]);
  }
  const [first, last] = [events[0]?.eventTime, events.at(-1)?.eventTime];
  return milliseconds(last) - milliseconds(first) - covered(spans);
}

/** Two activities at the same time count once. */
function covered(spans: [number, number][]): number {
  let sum = 0;
  let until = -Infinity;
  for (const [from, to] of spans.sort(([one], [other]) => one - other)) {
    sum += Math.max(0, to - Math.max(from, until));
    until = Math.max(until, to);
  }
  return sum;
}

function milliseconds(time: Timestamp | null | undefined): number {
  return Number(time?.seconds ?? 0) * 1000 + (time?.nanos ?? 0) / 1e6;
}
