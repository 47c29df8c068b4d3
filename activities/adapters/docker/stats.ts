import type Docker from 'dockerode';
import { dockerFailure } from './failure.ts';

/** What a container uses now. `cpuPercent`: 100 is one core, as `docker stats` counts. */
export type ContainerUsage = {
  readonly cpuPercent: number;
  readonly memoryBytes: number;
  readonly memoryLimitBytes: number;
};

/** Measures a container for about one second. */
export const containerStats = async (docker: Docker, id: string): Promise<ContainerUsage> => {
  try {
    return usageOf(await docker.getContainer(id).stats({ stream: false }));
  } catch (error) {
    throw dockerFailure('containerStats', id, error);
  }
};

/** The arithmetic of `docker stats`: page cache that can be given back does not count as used. */
const usageOf = ({ cpu_stats, precpu_stats, memory_stats }: StatsSample): ContainerUsage => {
  const cpu = (cpu_stats.cpu_usage?.total_usage ?? 0) - (precpu_stats.cpu_usage?.total_usage ?? 0);
  const system = (cpu_stats.system_cpu_usage ?? 0) - (precpu_stats.system_cpu_usage ?? 0);
  const cores = cpu_stats.online_cpus ?? 1;
  const { usage = 0, limit = 0, stats = {} } = memory_stats;
  const cache = stats['inactive_file'] ?? stats['total_inactive_file'] ?? 0;
  return {
    cpuPercent: system > 0 && cpu > 0 ? Math.round((cpu / system) * cores * 1000) / 10 : 0,
    memoryBytes: Math.max(0, usage - cache),
    memoryLimitBytes: limit,
  };
};

type CpuSample = { cpu_usage?: { total_usage?: number }; system_cpu_usage?: number; online_cpus?: number };
type StatsSample = {
  cpu_stats: CpuSample;
  precpu_stats: CpuSample;
  memory_stats: { usage?: number; limit?: number; stats?: Partial<Record<string, number>> };
};
