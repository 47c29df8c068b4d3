import type { Unmeasured } from '../../workflows/contracts/watch.ts';
import { withHint } from '../adapters/operation-error.ts';
import { withinTime } from '../adapters/within-time.ts';

/** What was measured, or why it could not be. */
export type Measured<Value> = { readonly value: Value } | Unmeasured;

/** Longest wait for one measurement, in milliseconds: what hangs must not hold up what is seen beside it. */
const LONGEST_MS = 60_000;

/**
 * Measures things each by itself. `name`: how its signals begin. Never throws: it may go on beside something else. What hangs
 * (a file on a server that is away) keeps a thread until it ends: while it does, the same is not begun once more (`most`: so often at once).
 */
export function measurements() {
  const underWay = new Map<string, number>();
  return async function measuredOrWhyNot<Value>(
    name: string,
    signal: AbortSignal,
    measure: (signal: AbortSignal) => Promise<Value>,
    most = 1,
  ): Promise<Measured<Value>> {
    const hanging = underWay.get(name) ?? 0;
    if (hanging >= most) return { name, because: 'an earlier look at it has not ended yet' };
    underWay.set(name, hanging + 1);
    const work = async (late: AbortSignal) => measure(AbortSignal.any([signal, late]));
    const measuring = (late: AbortSignal) =>
      work(late).finally(() => underWay.set(name, (underWay.get(name) ?? 1) - 1));
    try {
      return { value: await withinTime(LONGEST_MS, measuring) };
    } catch (error) {
      return { name, because: withHint(error) };
    }
  };
}

/** All of these measurements of one thing; without one of them it is not measured. Pure. */
export function measuredAll<Value>(measurements: readonly Measured<Value>[]): Measured<readonly Value[]> {
  const failed = measurements.find((one) => 'because' in one);
  return failed ?? { value: measurements.flatMap((one) => ('value' in one ? [one.value] : [])) };
}
