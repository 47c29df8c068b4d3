import { isRecord } from '../../config/is-record.ts';

/**
 * A saved history in which a signal arrived after the run's last timer had fired and before a worker heard of either:
 * what a control worker that was away for a while finds.
 */
export function withSignalAfterTimer(history: string, signalName: string): string {
  const parsed: { events: Record<string, unknown>[] } = JSON.parse(history);
  const { events } = parsed;
  const at = events.findLastIndex(({ eventType }) => eventType === 'EVENT_TYPE_TIMER_FIRED') + 1;
  if (at === 0) throw new Error('this history has no timer');
  const signal = {
    eventId: String(at + 1),
    eventTime: events[at - 1]?.['eventTime'],
    eventType: 'EVENT_TYPE_WORKFLOW_EXECUTION_SIGNALED',
    taskId: '1',
    workflowExecutionSignaledEventAttributes: { signalName, input: { payloads: [] }, header: {} },
  };
  const moved: unknown[] = events.map((event) => shifted(event, at));
  return JSON.stringify({ ...parsed, events: [...moved.slice(0, at), signal, ...moved.slice(at)] });
}

/** Every number of an event after the first `count` goes up by one. */
function shifted(value: unknown, count: number): unknown {
  if (Array.isArray(value)) return value.map((inner) => shifted(inner, count));
  if (!isRecord(value)) return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, inner]) => [
      key,
      /eventId$/i.test(key) && Number(inner) > count ? String(Number(inner) + 1) : shifted(inner, count),
    ]),
  );
}
