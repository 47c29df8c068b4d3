import type { CheckResult } from '../../workflows/contracts/calls.ts';
import { memory } from '../adapters/machine/host-facts.ts';
import { megabytes } from '../figures/percentile.ts';
import type { Host } from '../host.ts';

/** What a container of the project uses, against its limit or, without one, the host's memory. */
export interface ContainerUse {
  readonly service: string;
  readonly id: string;
  /** 100 is one core. */
  readonly cpuPercent: number;
  readonly memoryBytes: number;
  readonly memoryOf: number;
  readonly hasLimit: boolean;
  readonly memoryPercent: number;
  readonly wasOutOfMemory: boolean;
  readonly restarts: number;
}

/** Measures every container of the project that runs, for about a second. */
export async function containerUse({
  config,
  docker,
}: Pick<Host, 'config' | 'docker'>): Promise<ContainerUse[]> {
  const { totalBytes } = await memory();
  const running = (await docker.projectContainers(config.project.name)).filter(
    ({ state }) => state === 'running',
  );
  return Promise.all(
    running.map(async ({ id, service }) => {
      const [stats, state] = await Promise.all([docker.containerStats(id), docker.containerState(id)]);
      const memoryOf = state.memoryLimitBytes ?? totalBytes;
      return {
        service,
        id,
        cpuPercent: stats.cpuPercent,
        memoryBytes: stats.memoryBytes,
        memoryOf,
        hasLimit: state.memoryLimitBytes !== null,
        memoryPercent: (stats.memoryBytes / memoryOf) * 100,
        wasOutOfMemory: state.wasOutOfMemory,
        restarts: state.restarts,
      };
    }),
  );
}

/**
 * Of each container that ran at every one of these measurements, the one in which it used least memory: what is high there
 * was high each time. Pure.
 */
export function leastUse([first = [], ...later]: readonly (readonly ContainerUse[])[]): ContainerUse[] {
  return first.flatMap((use) => {
    const all = [use, ...later.flatMap((uses) => uses.filter(({ id }) => id === use.id))];
    const least = all.reduce((one, other) => (other.memoryPercent < one.memoryPercent ? other : one));
    return all.length === later.length + 1 ? [least] : [];
  });
}

/** One line for the report. */
export function tellUse({ service, cpuPercent, ...use }: ContainerUse): string {
  return `${service}: processor ${cpuPercent.toFixed(0)} % of a core, memory ${tellMemory(use)}, started again ${use.restarts} times`;
}

/** One container's memory as a check. */
export function memoryCheck(use: ContainerUse, limitPercent: number, answer: string): CheckResult {
  return {
    name: `memory of ${use.service}`,
    status: use.memoryPercent < limitPercent ? 'pass' : 'fail',
    expected: `below ${limitPercent} % of its ${use.hasLimit ? 'limit' : "host's memory"}`,
    got: tellMemory(use),
    answer,
  };
}

type MemoryUse = Pick<ContainerUse, 'memoryBytes' | 'memoryOf' | 'hasLimit' | 'memoryPercent'>;

function tellMemory({ memoryBytes, memoryOf, hasLimit, memoryPercent }: MemoryUse): string {
  const of = hasLimit
    ? `its limit of ${megabytes(memoryOf)}`
    : `the host's ${megabytes(memoryOf)} (no limit)`;
  return `${megabytes(memoryBytes)}, ${memoryPercent.toFixed(0)} % of ${of}`;
}
