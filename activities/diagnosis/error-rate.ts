import { setTimeout as wait } from 'node:timers/promises';
import type { CheckResult } from '../../workflows/contracts/calls.ts';
import type { ErrorRate } from '../../workflows/contracts/error-rate.ts';
import { readAccessLine } from '../adapters/logs/access-log-line.ts';
import { recentLines } from '../adapters/logs/recent-lines.ts';
import type { Read } from '../execution/mutation.ts';
import type { Host } from '../host.ts';
import { ANSWERS } from '../survey/answers.ts';

/** One of two requests that failed is no rate. */
const FEWEST_REQUESTS = 5;
const LOOK_EVERY_MS = 1000;

/** What the rate is measured with. */
export type RatedHost = Pick<Host, 'config' | 'docker' | 'app'>;

/** Measuring what users meet, from the proxy's access log. */
export function errorRateReads(host: RatedHost) {
  const { config } = host;
  const { errorRatePercent, errorRateFor } = config.thresholds;

  /** The error rate of the last seconds (default: `thresholds.errorRateFor`). */
  const errorRate: Read<
    { readonly seconds: number | null },
    ErrorRate & { readonly check: CheckResult }
  > = async (_context, { seconds }) => {
    const rate = await measureErrorRate(host, seconds ?? errorRateFor);
    return { ...rate, check: rateCheck(rate, errorRatePercent) };
  };

  /** Asks through the proxy each second, then measures the error rate of that time: whether it fell. */
  const watchErrorRate: Read<
    { readonly seconds: number },
    ErrorRate & { readonly check: CheckResult }
  > = async ({ signal, progress }, { seconds }) => {
    const until = Date.now() + seconds * 1000;
    let probes = 0;
    let failed = 0;
    while (Date.now() < until) {
      if (!(await host.app.checkHealth({ through: 'proxy', signal })).ok) failed += 1;
      probes += 1;
      progress(
        `${probes} probes, ${failed} failed; ${Math.max(0, Math.ceil((until - Date.now()) / 1000))} s left`,
      );
      await wait(Math.min(LOOK_EVERY_MS, Math.max(0, until - Date.now())), undefined, { signal });
    }
    const measured = await measureErrorRate(host, seconds);
    const rate = { ...measured, told: `${measured.told}; ${failed} of ${probes} probes failed` };
    const check = rateCheck(rate, errorRatePercent);
    return { ...rate, check: failed === 0 ? check : { ...check, status: 'fail' } };
  };

  return { errorRate, watchErrorRate };
}

/** How many of the users' requests of the last seconds were answered with an error. */
export async function measureErrorRate(host: RatedHost, seconds: number): Promise<ErrorRate> {
  const since = Date.now() - seconds * 1000;
  const lines = await accessLines(host, since);
  if (lines === null)
    return { ...NOTHING, seconds, told: 'no access log: there is no proxy and accessLog.file is null' };
  const byStatus: Record<string, number> = {};
  let requests = 0;
  let unread = 0;
  for await (const line of lines) {
    const entry = readAccessLine(line, host.config.accessLog);
    if (entry === null) unread += 1;
    if (entry === null || entry.isOwn || (entry.at !== null && entry.at < since)) continue;
    requests += 1;
    if (entry.status >= 500) byStatus[entry.status] = (byStatus[entry.status] ?? 0) + 1;
  }
  const errors = Object.values(byStatus).reduce((total, count) => total + count, 0);
  const percent = requests < FEWEST_REQUESTS ? null : (errors / requests) * 100;
  const kinds = Object.entries(byStatus).map(([status, count]) => `${count} × ${status}`);
  const share = percent === null ? 'too few for a rate' : `${percent.toFixed(1)} %`;
  const hint =
    requests === 0 && unread > 0 ? `; ${unread} lines are not in the format of accessLog.format` : '';
  return {
    seconds,
    requests,
    errors,
    percent,
    byStatus,
    told: `${errors} of ${requests} requests of users in ${seconds} s failed (${share})${kinds.length === 0 ? '' : `: ${kinds.join(', ')}`}${hint}`,
  };
}

async function accessLines(
  { config, docker }: RatedHost,
  since: number,
): Promise<AsyncIterable<string> | null> {
  const { file } = config.accessLog;
  if (file !== null) return recentLines(file, since);
  const proxy = (await docker.projectContainers(config.project.name)).find(
    ({ service }) => service === config.services.proxy,
  );
  return proxy === undefined ? null : docker.logsSince(proxy.id, new Date(since).toISOString());
}

function rateCheck({ percent, told, seconds }: ErrorRate, limit: number): CheckResult {
  return {
    name: `error rate of the last ${seconds} s`,
    status: percent === null ? 'not proven' : percent <= limit ? 'pass' : 'fail',
    expected: `at most ${limit} % answered with 5xx`,
    got: told,
    answer: ANSWERS.applicationDown,
  };
}

const NOTHING = { requests: 0, errors: 0, percent: null, byStatus: {} };
