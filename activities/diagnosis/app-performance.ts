import type { CheckResult } from '../../workflows/contracts/calls.ts';
import type { Figure } from '../../workflows/contracts/figures.ts';
import { type RequestTimes, timeRequests } from '../adapters/app/time-requests.ts';
import { FigureStore } from '../adapters/figure-store.ts';
import { portConnections } from '../adapters/machine/tcp-connections.ts';
import type { Measured } from '../database/database-performance.ts';
import type { Read } from '../execution/mutation.ts';
import { compareFigures as compare, compareWithBefore } from '../figures/compare-figures.ts';
import { milliseconds, percentile } from '../figures/percentile.ts';
import type { Host } from '../host.ts';
import { ANSWERS } from '../survey/answers.ts';
import { containerUse, memoryCheck, tellUse } from './container-use.ts';

/** How many earlier runs are compared with. */
const COMPARED_RUNS = 10;
const WAYS = { app: 'of the app', proxy: 'through the proxy' } as const;

/** How fast the app answers, who is connected to it, and what it uses. */
export function appPerformanceReads(host: Pick<Host, 'config' | 'docker'>) {
  const { config, docker } = host;
  const { performance, thresholds, checks } = config;
  const store = new FigureStore(`${config.state.folder}/figures`);

  /** Asks the health address, of the app itself and through the proxy, and says where the time went. */
  const timeRequestsOf: Read<{ readonly requests?: number }, Measured> = async (
    { signal, progress },
    { requests = performance.requests },
  ) => {
    const measured: { way: keyof typeof WAYS; times: readonly RequestTimes[] }[] = [];
    for (const way of ['app', 'proxy'] as const) {
      const times = await timeRequests({
        url: way === 'app' ? checks.healthUrl : checks.proxyUrl,
        count: requests,
        timeoutMs: checks.timeout * 1000,
        signal,
        onRequest: (done) => progress(`${done} of ${requests} requests ${WAYS[way]}`),
      });
      measured.push({ way, times });
    }
    return {
      lines: measured.flatMap(({ way, times }) => tellTimes(WAYS[way], times)),
      figures: measured.flatMap(({ way, times }) => figuresOf(WAYS[way], times)),
      checks: measured.flatMap(({ way, times }) =>
        timeChecks(WAYS[way], times, thresholds.responseMilliseconds),
      ),
    };
  };

  /** The connections at the app's port, in the app's own network, by state. */
  const countConnections: Read<Record<string, never>, Omit<Measured, 'figures'>> = async () => {
    const container = (await docker.projectContainers(config.project.name)).find(
      ({ service }) => service === config.services.app,
    );
    const pid = container === undefined ? null : (await docker.containerState(container.id)).pid;
    const published = Number(new URL(checks.healthUrl).port) || 80;
    const port =
      container?.publishedPorts.find((known) => known.published === published)?.target ?? published;
    const check = { name: `the app listens on port ${port}`, expected: 'it does' } as const;
    if (pid === null)
      return {
        lines: [],
        checks: [{ ...check, status: 'fail', got: 'it does not run', answer: ANSWERS.applicationDown }],
      };
    const { listening, byState, total } = await portConnections(pid, port);
    const states = Object.entries(byState).map(([state, count]) => `${count} ${state}`);
    return {
      lines: [`${total} connections at port ${port}${total === 0 ? '' : `: ${states.join(', ')}`}`],
      checks: [
        {
          ...check,
          status: listening ? 'pass' : 'fail',
          got: `${listening ? 'it does' : 'it does not'}; ${byState['ESTABLISHED'] ?? 0} established connections`,
          answer: ANSWERS.applicationDown,
        },
      ],
    };
  };

  /** What each container uses now. */
  const measureContainers: Read<Record<string, never>, Omit<Measured, 'figures'>> = async () => {
    const used = await containerUse(host);
    return {
      lines: used.map(tellUse),
      checks: used.map((use) => memoryCheck(use, thresholds.memoryPercent, ANSWERS.highMemory)),
    };
  };

  /** Compares what this run measured with the runs before it, and keeps it for the next ones (not in a dry run). */
  const compareFigures: Read<
    { readonly procedure: string; readonly figures: readonly Figure[]; readonly keep: boolean },
    Omit<Measured, 'figures'>
  > = async ({ stamp }, { procedure, figures, keep }) => {
    const before = await store.before(procedure, stamp, COMPARED_RUNS);
    if (keep) await store.write(procedure, { stamp, figures });
    const { check, lines } = compare(figures, before, performance);
    return { checks: [check], lines };
  };

  /** Times requests again, and compares them with what the run measured before it changed anything. */
  const compareResponseTimes: Read<
    { readonly before: readonly Figure[]; readonly requests: number },
    Omit<Measured, 'figures'>
  > = async (context, { before, requests }) => {
    const { figures } = await timeRequestsOf(context, { requests });
    const { check, lines } = compareWithBefore(figures, before, performance);
    return { checks: [check], lines };
  };

  return {
    timeRequests: timeRequestsOf,
    countConnections,
    measureContainers,
    compareFigures,
    compareResponseTimes,
  };
}

const PARTS = [
  ['dns', 'DNS'],
  ['connect', 'connect'],
  ['firstByte', 'first byte'],
  ['total', 'total'],
] as const;

function tellTimes(way: string, times: readonly RequestTimes[]): string[] {
  const answered = answeredOf(times);
  return PARTS.map(([part, name]) => {
    const values = answered.map((time) => time[part]);
    return `${way}, ${name}: p50 ${milliseconds(percentile(values, 50))}, p95 ${milliseconds(percentile(values, 95))}, max ${milliseconds(percentile(values, 100))}`;
  });
}

function figuresOf(way: string, times: readonly RequestTimes[]): Figure[] {
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

function timeChecks(way: string, times: readonly RequestTimes[], limit: number): CheckResult[] {
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
      answer: ANSWERS.applicationDown,
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
