import { type ChildProcessByStdio, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createRequire } from 'node:module';
import type { Readable } from 'node:stream';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { waitUntil } from '../../../../setup/wait-until.ts';

/** A script of this folder in a process of its own. */
export interface RunningScript {
  readonly lines: () => string[];
  /** Waits until it has written this many lines. */
  readonly wrote: (count: number) => Promise<void>;
  /** Ends it with SIGKILL. */
  readonly kill: () => Promise<void>;
}

const tsx = pathToFileURL(createRequire(import.meta.url).resolve('tsx')).href;

export function startScript(name: string, ...args: string[]): RunningScript {
  const program = fileURLToPath(new URL(name, import.meta.url));
  const child: ChildProcessByStdio<null, Readable, null> = spawn(
    process.execPath,
    ['--import', tsx, program, ...args],
    { stdio: ['ignore', 'pipe', 'inherit'] },
  );
  let written = '';
  child.stdout.on('data', (chunk: Buffer) => {
    written += chunk.toString();
  });
  const lines = () => written.split('\n').slice(0, -1);
  return {
    lines,
    wrote: async (count) => {
      const enough = await waitUntil(() => lines().length >= count, { timeoutMs: 20_000, everyMs: 5 });
      if (!enough) throw new Error(`${name} wrote ${lines().length} lines in 20 s, expected ${count}`);
    },
    kill: async () => {
      const closed = once(child, 'close');
      child.kill('SIGKILL');
      await closed;
    },
  };
}
