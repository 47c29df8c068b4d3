import type { RunReport } from '../../workflows/contracts/report.ts';
import type { BenchPart } from '../bench.ts';
import { quietTerminal } from '../measure/quiet-terminal.ts';
import { runCompleted } from '../measure/run-completed.ts';
import { each, takeTurns, way } from '../measure/take-turns.ts';
import { type MemorySample, worksMemory } from '../measure/worker-memory.ts';

const times = 2;

/** What the host's worker and the process that it starts need while a large site is backed up and verified. */
export const memoryPart: BenchPart = {
  name: 'memory',
  run: async (bench) => {
    const { server } = await bench.environment();
    const host = await bench.largeStack();
    const terminal = quietTerminal(server.environment);
    const ours = way('manualBackup', async () => {
      const { result: report, memory } = await worksMemory(host, () =>
        runCompleted('manualBackup', terminal),
      );
      const [making, proving] = [during(report, 'back-up', memory), during(report, 'verify-backup', memory)];
      return {
        making: most(making, 'anonymous'),
        proving: most(proving, 'anonymous'),
        makingFiles: most(making, 'file'),
        provingFiles: most(proving, 'file'),
      };
    });
    await takeTurns(bench.times ?? times, [ours]);
    const row = (measure: string, figure: 'making' | 'proving' | 'makingFiles' | 'provingFiles') => ({
      measure,
      unit: 'MB' as const,
      other: [],
      ours: each(ours, figure),
    });
    return {
      title: "Memory of a host's worker",
      otherWay: 'Paper runbook',
      about: [
        'A site of 1 GB (database of 636 MB, uploads of 366 MB) on the sandbox host; `manualBackup` with the defaults of the configuration.',
        'Highest sum over the worker and all processes below it, looked at every 20 ms: memory of their own (RssAnon); and pages of files that are mapped, which the kernel drops when it needs the room (RssFile: the programs themselves, and the database while it is checked; pages that two processes share count twice).',
      ],
      rows: [
        { ...row('Backing up, memory of its own', 'making'), target: { below: 300 } },
        { ...row('Verifying, memory of its own', 'proving'), target: { below: 300 } },
        row('Backing up, pages of files', 'makingFiles'),
        row('Verifying, pages of files', 'provingFiles'),
      ],
      notes: [],
    };
  },
};

function during(report: RunReport, id: string, memory: readonly MemorySample[]): MemorySample[] {
  const { startedAt = 0, endedAt = 0 } = report.steps.find((step) => step.id === id) ?? {};
  const seen = memory.filter(({ at }) => at >= startedAt && at <= endedAt);
  if (seen.length === 0) throw new Error(`no look at the worker's memory during step ${id}`);
  return seen;
}

function most(seen: readonly MemorySample[], kind: 'anonymous' | 'file'): number {
  return seen.reduce((highest, sample) => Math.max(highest, sample[kind]), 0) / 1000;
}
