/** One lost answer is the network's; so many in a row are the app's. */
export const MOST_IN_A_ROW = 3;
/** Of a long watch at most this share may fail. */
const MOST_PERCENT = 10;

/** What probes say so far. Pure. */
export function judgeProbes(probes: readonly boolean[]): {
  readonly failed: number;
  /** How many failed one after the other, up to the last one. */
  readonly inARow: number;
  readonly isBad: boolean;
} {
  const failed = probes.filter((ok) => !ok).length;
  const inARow = probes.length - 1 - probes.lastIndexOf(true);
  const isOften = failed >= MOST_IN_A_ROW && failed * 100 > probes.length * MOST_PERCENT;
  return { failed, inARow, isBad: inARow >= MOST_IN_A_ROW || isOften };
}
