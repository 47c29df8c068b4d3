import type { Row } from './part-result.ts';
import { spreadOf } from './statistics.ts';

/** How our figures stand to the other way's and to the target. */
export interface Verdict {
  /** Other divided by ours, of the medians and of the least figures; undefined when one of them is missing. */
  readonly ratio: number | undefined;
  readonly leastRatio: number | undefined;
  /** Undefined when there is no target, or nothing to hold against it. */
  readonly isMet: boolean | undefined;
}

/** Judges a row by its medians; a limit by the highest figure. A way that was stopped counts as slower than any ratio. */
export function judgeRow({ other, otherStoppedAfter, ours, target }: Row): Verdict {
  const [theirs, mine] = [spreadOf(other), spreadOf(ours)];
  const ratio = theirs && mine && theirs.median / mine.median;
  const leastRatio = theirs && mine && theirs.least / mine.least;
  if (target === undefined || mine === undefined) return { ratio, leastRatio, isMet: undefined };
  if ('below' in target) return { ratio, leastRatio, isMet: mine.most < target.below };
  const least = ratio ?? (otherStoppedAfter === undefined ? undefined : otherStoppedAfter / mine.median);
  return { ratio, leastRatio, isMet: least === undefined ? undefined : least >= target.atMostOnePart };
}
