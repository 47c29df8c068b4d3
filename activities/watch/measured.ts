import type { Unmeasured } from '../../workflows/contracts/watch.ts';
import { withHint } from '../adapters/operation-error.ts';
import { withinTime } from '../adapters/within-time.ts';

/** What was measured, or why it could not be. */
export type Measured<Value> = { readonly value: Value } | Unmeasured;

/** Longest wait for one measurement, in milliseconds: what hangs must not hold up what is seen beside it. */
const LONGEST_MS = 60_000;

/** Measures one thing by itself. `name`: how its signals begin. Never throws: it may go on beside something else. */
export async function measuredOrWhyNot<Value>(
  name: string,
  signal: AbortSignal,
  measure: (signal: AbortSignal) => Promise<Value>,
): Promise<Measured<Value>> {
  try {
    const work = (late: AbortSignal) => measure(AbortSignal.any([signal, late]));
    return { value: await withinTime(LONGEST_MS, work) };
  } catch (error) {
    return { name, because: withHint(error) };
  }
}

/** All of these measurements of one thing; without one of them it is not measured. Pure. */
export function measuredAll<Value>(measurements: readonly Measured<Value>[]): Measured<readonly Value[]> {
  const failed = measurements.find((one) => 'because' in one);
  return failed ?? { value: measurements.flatMap((one) => ('value' in one ? [one.value] : [])) };
}
