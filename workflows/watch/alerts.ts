import type { HeardAlert, WatchAlert, WatchedIncident, WatchSignal, WatchState } from '../contracts/watch.ts';

/** For alerts of an earlier version, in seconds. */
const USUALLY_COUNTS_FOR = 86_400;

/** The state once an alert was heard, at a time in milliseconds since the epoch; the same one again counts on. Pure. */
export function heard(state: WatchState, alert: WatchAlert, now: number): WatchState {
  const others = state.alerts.filter(({ fingerprint }) => fingerprint !== alert.fingerprint);
  return { ...state, alerts: alert.firing ? [...others, { ...alert, heardAt: now }] : others };
}

/** The alerts that still count: one that nobody repeats is over, though nobody says so. Pure. */
export function stillCounting(alerts: readonly HeardAlert[], now: number): readonly HeardAlert[] {
  return alerts
    .map((alert) => ({ ...alert, heardAt: alert.heardAt ?? now }))
    .filter(({ heardAt, countsFor = USUALLY_COUNTS_FOR }) => now - heardAt <= countsFor * 1000);
}

/** The alerts that nothing has answered. Of the others nobody knows whether they still fire: what does is sent again. Pure. */
export function unanswered({ alerts, incidents }: Pick<WatchState, 'alerts' | 'incidents'>) {
  const known = new Map<string, WatchedIncident>(Object.entries(incidents));
  return alerts.filter((alert) => (known.get(alertSignal(alert).name)?.run ?? null) === null);
}

/** An alert is wrong for as long as it fires, and counts at once: its duration was measured where it comes from. */
export function alertSignal({ name, fingerprint, answer }: WatchAlert): WatchSignal {
  return {
    name: `alert ${name} ${fingerprint}`,
    wrongSeconds: Number.POSITIVE_INFINITY,
    mustLastSeconds: 0,
    got: 'fires',
    expected: 'does not fire',
    answer,
  };
}
