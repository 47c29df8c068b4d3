import type { CheckResult } from '../../workflows/contracts/calls.ts';
import type { Figure } from '../../workflows/contracts/figures.ts';
import type { RequestTimes } from '../adapters/app/time-requests.ts';
import { milliseconds, percentile } from '../figures/percentile.ts';
import { ANSWERS } from '../survey/answers.ts';

const PARTS = [
  ['dns', 'DNS'],
  ['connect', 'connect'],
  ['firstByte', 'first byte'],
  ['total', 'total'],
] as const;

/** Where the time of the requests that were answered went, one line for each part. */
export function tellTimes(way: string, times: readonly RequestTimes[]): string[] {
  const answered = answeredOf(times);
  return PARTS.map(([part, name]) => {
    const values = answered.map((time) => time[part]);
    return `${way}, ${name}: p50 ${milliseconds(percentile(values, 50))}, p95 ${milliseconds(percentile(values, 95))}, max ${milliseconds(percentile(values, 100))}`;
  });
}

/** What later runs compare with. */
export function figuresOf(way: string, times: readonly RequestTimes[]): Figure[] {
  const answered = answeredOf(times);
  // An app that answered nothing was not fast.
  if (answered.length === 0) return [];
  return ([50, 95] as const).map((percent) => ({
    name: `p${percent} ${way}`,
    value: percentile(
      answered.map(({ total }) => total),
      percent,
    ),
    unit: 'ms',
  }));
}

/** Every request has to be answered, and 95 of 100 within `limit` milliseconds. */
export function timeChecks(
  { way, answer }: { readonly way: string; readonly answer: string },
  times: readonly RequestTimes[],
  limit: number,
): CheckResult[] {
  const answered = answeredOf(times);
  const p95 = percentile(
    answered.map(({ total }) => total),
    95,
  );
  const failed = times.length - answered.length;
  return [
    {
      name: `every request ${way} is answered`,
      status: failed === 0 ? 'pass' : 'fail',
      expected: '2xx',
      got: `${failed} of ${times.length} were not`,
      answer,
    },
    {
      name: `response time ${way}`,
      status: answered.length > 0 && p95 <= limit ? 'pass' : 'fail',
      expected: `p95 at most ${limit} ms`,
      got: answered.length === 0 ? 'no answer' : `${milliseconds(p95)} in ${answered.length} requests`,
      answer: ANSWERS.slowResponse,
    },
  ];
}

function answeredOf(times: readonly RequestTimes[]): readonly RequestTimes[] {
  return times.filter(({ status }) => status !== null && status >= 200 && status < 300);
}
