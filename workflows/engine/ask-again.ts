const SHORTEST_MS = 15_000;
const LONGEST_MS = 900_000;

/**
 * How long a run that waits for its host sleeps before it asks again: a tenth of the time that it has waited. A month of
 * asking then fits into the history that the server allows a run, and a short wait ends soon after the host is free.
 */
export function untilAskedAgain(waitedMs: number, leftMs: number): number {
  const pause = Math.min(LONGEST_MS, Math.max(SHORTEST_MS, waitedMs / 10));
  return Math.max(1, Math.ceil(Math.min(pause, leftMs)));
}
