import { execa } from 'execa';
import { SetUpError } from '../../setup/set-up-error.ts';

/** What one command took; `cpuSeconds` is user and system time of it and all its children. */
export interface Timed {
  readonly wallSeconds: number;
  readonly cpuSeconds: number;
  readonly stdout: string;
  readonly exitCode: number;
}

/** Words that run the command after them in a bash that measures it: the same meter for both ways. */
export const meter = ['bash', '-c', 'TIMEFORMAT="bench %R %U %S"; time "$@"', 'bash'] as const;

/** Runs a command that has the meter in it; `may` lists exit codes that are welcome besides 0. */
export async function timed(
  argv: readonly string[],
  options: { readonly may?: readonly number[]; readonly env?: NodeJS.ProcessEnv } = {},
): Promise<Timed> {
  const [program = '', ...args] = argv;
  const { env, may = [] } = options;
  const result = await execa(program, args, { reject: false, stdin: 'ignore', ...(env && { env }) });
  const exitCode = result.exitCode ?? -1;
  const figures = /^bench ([\d.]+) ([\d.]+) ([\d.]+)$/m.exec(result.stderr);
  if (figures === null || (exitCode !== 0 && !may.includes(exitCode))) {
    throw new SetUpError({
      what: `A command of the benchmark failed: ${argv.join(' ').slice(0, 300)}`,
      got: `exit code ${exitCode}: ${(result.stderr || result.stdout).trim().slice(-600)}`,
      expected: 'exit code 0, and its times',
      next: 'run the command by hand, or the part alone: npm run bench -- backup',
    });
  }
  const [wall = 0, user = 0, system = 0] = figures.slice(1).map(Number);
  return { wallSeconds: wall, cpuSeconds: user + system, stdout: result.stdout, exitCode };
}
