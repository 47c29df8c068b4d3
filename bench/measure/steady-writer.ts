import { fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { z } from 'zod';
import { quantile } from '../figures/statistics.ts';

/** How long the writer's transactions took while something else ran, in milliseconds, and how many a second there were. */
export interface WriterFigures {
  readonly p50: number;
  readonly p99: number;
  readonly most: number;
  readonly perSecond: number;
}

/** A writer of 200 transactions a second, in a process of its own. */
export interface SteadyWriter {
  /** Does the work and gives what it gave, with what the writer saw meanwhile. */
  during<T>(work: () => Promise<T>): Promise<{ result: T; writer: WriterFigures }>;
  stop(): Promise<void>;
}

const program = fileURLToPath(new URL('./write-steadily.mjs', import.meta.url));
const answer = z.strictObject({ milliseconds: z.array(z.number()), seconds: z.number() });

export function startSteadyWriter(database: string): SteadyWriter {
  const child = fork(program, [database], { execArgv: [] });
  const mark = async (): Promise<z.infer<typeof answer>> => {
    child.send('mark');
    const [message]: unknown[] = await once(child, 'message');
    return answer.parse(message);
  };
  return {
    during: async (work) => {
      await mark();
      const result = await work();
      const { milliseconds, seconds } = await mark();
      const sorted = milliseconds.sort((one, other) => one - other);
      const [p50, p99] = [quantile(sorted, 0.5), quantile(sorted, 0.99)];
      return { result, writer: { p50, p99, most: sorted.at(-1) ?? NaN, perSecond: sorted.length / seconds } };
    },
    stop: async () => {
      const ended = once(child, 'exit');
      child.disconnect();
      await ended;
    },
  };
}
