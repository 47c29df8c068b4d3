/** Middle, ends and number of the figures of one measure. */
export interface Spread {
  readonly median: number;
  readonly least: number;
  readonly most: number;
  readonly count: number;
}

/** Describes figures; undefined when there are none. */
export function spreadOf(figures: readonly number[]): Spread | undefined {
  const sorted = [...figures].sort((one, other) => one - other);
  const [least, most] = [sorted[0], sorted.at(-1)];
  if (least === undefined || most === undefined) return undefined;
  return { median: quantile(sorted, 0.5), least, most, count: sorted.length };
}

/** The figure below which this part of the sorted figures lies, between two of them by proportion; NaN without any. */
export function quantile(sorted: readonly number[], part: number): number {
  const at = part * (sorted.length - 1);
  const [below, above] = [sorted[Math.floor(at)] ?? NaN, sorted[Math.ceil(at)] ?? NaN];
  return below + (above - below) * (at - Math.floor(at));
}
