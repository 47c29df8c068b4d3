import type { CheckResult } from '../../workflows/contracts/calls.ts';
import type { Figure } from '../../workflows/contracts/figures.ts';
import { logFingerprint } from '../adapters/logs/log-fingerprint.ts';
import { readLogLine } from '../adapters/logs/log-line.ts';
import type { Read } from '../execution/mutation.ts';
import { megabytes, milliseconds, percentile } from '../figures/percentile.ts';
import type { Host } from '../host.ts';
import { ANSWERS } from '../survey/answers.ts';

/** Measured numbers, what they mean, and what later runs compare with. */
export interface Measured {
  readonly checks: readonly CheckResult[];
  readonly lines: readonly string[];
  readonly figures: readonly Figure[];
}

/** How fast the database answers, how large it is, and what the app says of slow queries. */
export function databasePerformanceReads({ config, data, docker }: Pick<Host, 'config' | 'data' | 'docker'>) {
  const { performance, thresholds } = config;

  /** Runs the configured queries repeatedly on the live database, as its owner, read-only; and what the file consists of. */
  const timeQueries: Read<Record<string, never>, Measured> = async ({ signal, progress }) => {
    const { queries, repeats } = performance;
    const timed = await data.timeQueries(
      { database: config.data.database, queries, repeats },
      { signal, onProgress: progress },
    );
    const results = timed.queries.map(({ sql, milliseconds: times }) => ({
      sql,
      runs: times.length,
      p50: percentile(times, 50),
      p95: percentile(times, 95),
    }));
    const freePercent = timed.pageCount === 0 ? 0 : (timed.freelistCount / timed.pageCount) * 100;
    return {
      lines: [
        ...results.map(
          ({ sql, runs, p50, p95 }) =>
            `${sql}: p50 ${milliseconds(p50)}, p95 ${milliseconds(p95)}, of ${runs} runs`,
        ),
        `${megabytes(timed.bytes)} in ${timed.pageCount} pages of ${timed.pageSize} bytes, ${timed.freelistCount} of them free; log of ${megabytes(timed.walBytes)}; journal mode ${timed.journalMode}`,
      ],
      figures: [
        ...results.flatMap(({ sql, p50, p95 }): Figure[] => [
          { name: `p50 of ${sql}`, value: p50, unit: 'ms' },
          { name: `p95 of ${sql}`, value: p95, unit: 'ms' },
        ]),
        { name: 'size of the database', value: timed.bytes, unit: 'bytes' },
      ],
      checks: [
        ...results.map(
          ({ sql, runs, p95 }): CheckResult => ({
            name: `query ${sql}`,
            status: p95 <= thresholds.queryMilliseconds ? 'pass' : 'fail',
            expected: `p95 at most ${thresholds.queryMilliseconds} ms`,
            got: `${milliseconds(p95)} in ${runs} runs`,
            answer: ANSWERS.slowResponse,
          }),
        ),
        {
          name: 'free pages of the database',
          status: freePercent <= performance.freePagesPercent ? 'pass' : 'fail',
          expected: `at most ${performance.freePagesPercent} %`,
          got: `${freePercent.toFixed(0)} % (${megabytes(timed.freelistCount * timed.pageSize)})`,
          answer: ANSWERS.optimize,
        },
      ],
    };
  };

  /** Slow queries that the app logged in the last hours, as counts and kinds; never a line. */
  const findSlowQueries: Read<{ readonly hours: number }, Omit<Measured, 'figures'>> = async (
    _context,
    { hours },
  ) => {
    const name = `slow queries in the app's log of the last ${hours} hours`;
    const expected = 'none';
    const container = (await docker.projectContainers(config.project.name)).find(
      ({ service }) => service === config.services.app,
    );
    if (container === undefined)
      return { lines: [], checks: [{ name, status: 'skipped', expected, got: 'the app has no container' }] };
    const wanted = performance.slowQueryText.toLowerCase();
    const kinds = new Map<string, number>();
    let found = 0;
    let lines = 0;
    for await (const line of docker.logsSince(
      container.id,
      new Date(Date.now() - hours * 3_600_000).toISOString(),
    )) {
      lines += 1;
      if (!line.toLowerCase().includes(wanted)) continue;
      found += 1;
      const kind = logFingerprint(readLogLine(line)?.message ?? '');
      if (kinds.has(kind) || kinds.size < MOST_KINDS) kinds.set(kind, (kinds.get(kind) ?? 0) + 1);
    }
    return {
      lines: [...kinds]
        .sort(([, a], [, b]) => b - a)
        .slice(0, 10)
        .map(([kind, count]) => `${count} × ${kind}`),
      checks: [
        {
          name,
          status: found === 0 ? 'pass' : 'fail',
          expected,
          got: `${found} of ${lines} lines (they count only when the app logs them)`,
          answer: ANSWERS.slowResponse,
        },
      ],
    };
  };

  return { timeQueries, findSlowQueries };
}

// A log whose every line differs must not fill the memory.
const MOST_KINDS = 1000;
