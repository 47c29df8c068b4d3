import { isDamage } from '../sqlite/error-kinds.ts';

/** A range of row numbers, both ends in it. */
export interface RowRange {
  from: bigint;
  to: bigint;
}

/** Reads the rows of a range one by one, upwards or downwards, and tells of each. */
export type ReadRows = (range: RowRange, downwards: boolean, onRow: (number: bigint) => void) => void;

const LEAST = -(2n ** 63n);
const MOST = 2n ** 63n - 1n;

/** Damage at more places than this, in one part of the table, is not looked around any further. */
const MOST_FAILURES = 5_000;

/**
 * Reads all rows of a table that can be reached. Each range is read upwards until damage stops that, then downwards from
 * its other end, so that one damaged place costs two readings; what is left between is halved. A table whose first or
 * last page is damaged has no end that can be read: `around`, row numbers that are likely in it, divides it first, and
 * each part has a limit of its own, so that the endless numbers outside use up nothing of what lies inside. Gives how many
 * places could not be read.
 */
export function readAroundDamage(read: ReadRows, around: readonly bigint[], stop: () => void): number {
  return partsOf(around)
    .map((part) => readPart(read, part, stop))
    .reduce((sum, unreadable) => sum + unreadable, 0);
}

function readPart(read: ReadRows, part: RowRange, stop: () => void): number {
  let unreadable = 0;
  let failures = 0;
  const left: RowRange[] = [part];
  for (let range = left.shift(); range !== undefined; range = left.shift()) {
    stop();
    const gap = readFromBothEnds(read, range);
    if (gap === null) continue;
    failures += 1;
    const middle = (gap.from + gap.to) >> 1n;
    if (gap.from === gap.to) unreadable += 1;
    else if (failures > MOST_FAILURES) return unreadable + left.length + 1;
    else left.push({ from: gap.from, to: middle }, { from: middle + 1n, to: gap.to });
  }
  return unreadable;
}

/** What lies between the damage that was met from below and that from above; null when all was read. */
function readFromBothEnds(read: ReadRows, { from, to }: RowRange): RowRange | null {
  const below = readOn(read, { from, to }, false);
  if (below === 'all') return null;
  const start = below === null ? from : below + 1n;
  if (start > to) return null;
  const above = readOn(read, { from: start, to }, true);
  if (above === 'all') return null;
  const end = above === null ? to : above - 1n;
  return start > end ? null : { from: start, to: end };
}

/** The last row before damage; null when there was none. */
function readOn(read: ReadRows, range: RowRange, downwards: boolean): bigint | null | 'all' {
  let last: bigint | null = null;
  try {
    read(range, downwards, (number) => {
      last = number;
    });
    return 'all';
  } catch (error) {
    if (!isDamage(error)) throw error;
    return last;
  }
}

/** The whole range of row numbers, divided before and after what is likely and in its middle. */
function partsOf(around: readonly bigint[]): RowRange[] {
  const [first, last] = [around[0] ?? 0n, around.at(-1) ?? 0n];
  const cuts = [first, (first + last) >> 1n, last + 1n].filter((cut) => cut > LEAST && cut <= MOST);
  const starts = [LEAST, ...new Set(cuts)];
  return starts.map((from, index) => ({ from, to: (starts[index + 1] ?? MOST + 1n) - 1n }));
}
