import type { CheckResult } from '../../workflows/contracts/calls.ts';
import type { Figure } from '../../workflows/contracts/figures.ts';
import { type RequestTimes, timeRequests } from '../adapters/app/time-requests.ts';
import { FigureStore } from '../adapters/figure-store.ts';
import { portConnections } from '../adapters/machine/tcp-connections.ts';
import { OperationError } from '../adapters/operation-error.ts';
import type { Measured } from '../database/database-performance.ts';
import type { Read } from '../execution/mutation.ts';
import { compareFigures as compare, compareWithBefore } from '../figures/compare-figures.ts';
import type { Host } from '../host.ts';
import { ANSWERS } from '../survey/answers.ts';
import { containerUse, memoryCheck, tellUse } from './container-use.ts';
import { figuresOf, tellTimes, timeChecks } from './request-times.ts';

/** How many earlier runs are compared with. */
const COMPARED_RUNS = 10;
const ONLY_HEALTH: CheckResult = {
  name: 'response time of what users ask for',
  status: 'not proven',
  expected: 'performance.page is configured',
  got: 'only the health address was timed',
};

const OF_PAGE = 'of performance.page';

/** A page may be for somebody else, or moved, while the app is well. */
function answerTo(way: string): string {
  return way === OF_PAGE ? 'see performance.page and checks.login' : ANSWERS.applicationDown;
}

interface Asked {
  readonly way: string;
  readonly url: string;
  readonly headers?: Readonly<Record<string, string>> | undefined;
}

/** How fast the app answers, who is connected to it, and what it uses. */
export function appPerformanceReads(host: Pick<Host, 'config' | 'docker' | 'app'>) {
  const { config, docker, app } = host;
  const { performance, thresholds, checks } = config;
  const store = new FigureStore(`${config.state.folder}/figures`);

  /** Asks the health address, of the app itself and through the proxy, and `performance.page`, and says where the time went. */
  const timeRequestsOf: Read<{ readonly requests?: number }, Measured> = async (
    { signal, progress },
    { requests = performance.requests },
  ) => {
    const { healthUrl, proxyUrl, timeout } = checks;
    const { page } = performance;
    const headers = page === null ? undefined : await headersOfLogin(signal);
    const ways: readonly Asked[] = [
      { way: 'of the app', url: healthUrl },
      { way: 'through the proxy', url: proxyUrl },
      ...(page === null ? [] : [{ way: OF_PAGE, url: page, headers }]),
    ];
    const measured: { way: string; times: readonly RequestTimes[] }[] = [];
    for (const { way, ...asked } of ways) {
      const times = await timeRequests({
        ...asked,
        count: requests,
        timeoutMs: timeout * 1000,
        signal,
        onRequest: (done) => progress(`${done} of ${requests} requests ${way}`),
      });
      measured.push({ way, times });
    }
    return {
      lines: measured.flatMap(({ way, times }) => tellTimes(way, times)),
      figures: measured.flatMap(({ way, times }) => figuresOf(way, times)),
      checks: [
        ...measured.flatMap(({ way, times }) =>
          timeChecks({ way, answer: answerTo(way) }, times, thresholds.responseMilliseconds),
        ),
        ...(page === null ? [ONLY_HEALTH] : []),
      ],
    };
  };

  /** Without them the page answers that it is for others, which the checks say. */
  async function headersOfLogin(signal: AbortSignal): Promise<Readonly<Record<string, string>> | undefined> {
    try {
      return (await app.login({ signal }))?.headers();
    } catch (error) {
      signal.throwIfAborted();
      if (!(error instanceof OperationError)) throw error;
      return undefined;
    }
  }

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
