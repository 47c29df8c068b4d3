import type { DatabasePlan } from '../../workflows/contracts/weekly-plan.ts';
import type { OptimizeMeasured } from '../adapters/data-owner/operations/measure-optimize.ts';
import { hasWalResetBug } from '../adapters/data-owner/sqlite/library-version.ts';
import { bytesText } from '../figures/bytes-text.ts';

/** See `weekly` in the configuration. */
export interface OptimizeRule {
  /** Milliseconds. */
  readonly longestLock: number;
  readonly gainPercent: number;
  readonly appSqlite: string | null;
}

/**
 * How a database is tidied: with the app live as long as writers wait no longer than allowed, else in a short stop. A
 * second program may write to a database that an old SQLite has open only when corruption is no concern: then it may not.
 */
export function chooseOptimize(measured: OptimizeMeasured, rule: OptimizeRule): DatabasePlan {
  const { bytes, compactBytes, inSlices, vacuumMs, analyzeMs, longestSliceMs } = measured;
  const gain = bytes === 0 ? 0 : Math.max(0, (bytes - compactBytes) / bytes) * 100;
  const isWorthIt = gain >= rule.gainPercent;
  const lines = [
    `${bytesText(bytes)} now, ${bytesText(compactBytes)} after a VACUUM: ${gain.toFixed(1)} % less`,
    `on a copy VACUUM took ${vacuumMs} ms, ANALYZE ${analyzeMs} ms, ${inSlices ? `the longest slice ${longestSliceMs} ms` : 'slices are not possible (auto_vacuum is not incremental)'}; writers may wait ${rule.longestLock} ms`,
  ];
  const choose = (way: DatabasePlan['way'], because: string): DatabasePlan => ({ way, because, lines });
  const old = whyNotLive(measured, rule);
  if (old !== null) {
    return isWorthIt
      ? choose('stop', `in a short stop: ${old}`)
      : choose('none', `not touched: ${old}, and a VACUUM gives back less than ${rule.gainPercent} %`);
  }
  const fits = (milliseconds: number | null) => milliseconds !== null && milliseconds <= rule.longestLock;
  if (!isWorthIt && fits(analyzeMs))
    return choose(
      'analyze',
      `ANALYZE only, with the app live: a VACUUM gives back less than ${rule.gainPercent} %`,
    );
  if (!isWorthIt)
    return choose('none', 'not touched: a VACUUM gives back little, and ANALYZE takes too long');
  if (inSlices && fits(longestSliceMs) && fits(analyzeMs))
    return choose('slices', 'in slices, with the app live');
  if (fits(vacuumMs) && fits(analyzeMs))
    return choose('vacuum', 'VACUUM and ANALYZE with the app live: both are short enough');
  return choose('stop', 'in a short stop: with the app live writers would wait too long');
}

function whyNotLive(
  { lastWrittenBy, ownVersion }: OptimizeMeasured,
  { appSqlite }: OptimizeRule,
): string | null {
  const known = appSqlite ?? (lastWrittenBy === ownVersion ? null : lastWrittenBy);
  if (known === null) return "the file does not tell the app's SQLite (weekly.appSqlite may say it)";
  return hasWalResetBug(known)
    ? `the app's SQLite is ${known}, beside which nobody else may write (older than 3.51.3)`
    : null;
}
