import * as z from 'zod';
import { registerField } from './field.ts';

declare const unit: unique symbol;

/** A length of time in whole seconds. Made only by {@link parseDuration}, so that milliseconds cannot slip in. */
export type Seconds = number & { readonly [unit]: 'seconds' };

const durations = z.registry<{ readonly isDuration: true }>();
const SECONDS_PER_UNIT: Readonly<Record<string, number>> = { s: 1, m: 60, h: 3600, d: 86_400 };
const EXPECTED = 'a duration such as 90s, 30m, 4h or 14d (whole number and unit)';

/**
 * Reads a duration written as `90s`, `30m`, `4h` or `14d`.
 * Returns undefined for anything else (a bare number has no unit and is refused on purpose), and for zero.
 */
function parseDuration(text: string): Seconds | undefined {
  const match = /^([1-9]\d{0,6})([smhd])$/.exec(text);
  const factor = SECONDS_PER_UNIT[match?.[2] ?? ''];
  if (match === null || factor === undefined) return undefined;
  const seconds = Number(match[1]) * factor;
  return isSeconds(seconds) ? seconds : undefined;
}

/** The same duration in milliseconds, for timers and Temporal's numeric durations. */
export function toMilliseconds(duration: Seconds): number {
  return duration * 1000;
}

/** A configuration key that holds a duration, between two limits written the same way. */
export function durationField(limits: { readonly least: string; readonly most: string }) {
  const expected = `${EXPECTED}, from ${limits.least} to ${limits.most}`;
  const least = parseDuration(limits.least) ?? 0;
  const most = parseDuration(limits.most) ?? Number.POSITIVE_INFINITY;
  const schema = z.string({ error: expected }).transform((text, context): Seconds => {
    const seconds = parseDuration(text);
    if (seconds !== undefined && seconds >= least && seconds <= most) return seconds;
    context.addIssue({ code: 'custom', message: expected });
    return z.NEVER;
  });
  durations.add(schema, { isDuration: true });
  return registerField(schema, expected);
}

/** Whether a leaf of the schema holds a duration. */
export function isDuration(schema: z.core.$ZodType): boolean {
  return schema instanceof z.ZodType && durations.get(schema) !== undefined;
}

/** Seconds as they would be written in the file: `90s`, `30m`, `48h`, `14d`. */
export function durationText(seconds: number): string {
  const fits = ([unit, size]: readonly [string, number]): boolean =>
    seconds % size === 0 && (unit !== 'd' || seconds > 2 * size);
  const [unit, size] = Object.entries(SECONDS_PER_UNIT).findLast(fits) ?? ['s', 1];
  return `${seconds / size}${unit}`;
}

function isSeconds(count: number): count is Seconds {
  return Number.isSafeInteger(count) && count > 0;
}
