import { readFile } from 'node:fs/promises';
import type { SandboxHost } from '../../sandbox/host.ts';

/** How long one command of a script took. */
export interface TypedCommand {
  readonly command: string;
  readonly seconds: number;
}

/** Types a script of `bench/paper` on a host; gives its commands with their times, as the shell itself traces them. */
export async function typeScript(
  host: SandboxHost,
  name: string,
  ...args: readonly string[]
): Promise<TypedCommand[]> {
  await host.writeFile(`/root/${name}`, await readFile(new URL(`../paper/${name}`, import.meta.url)));
  // A shell of root's takes no PS4 from its environment, but runs the file that BASH_ENV names.
  await host.writeFile('/root/trace', "PS4='+@$EPOCHREALTIME '; set -x\n");
  const trace = ['env', 'BASH_ENV=/root/trace', 'bash', `/root/${name}`, ...args];
  const { stderr } = await host.exec(trace, { timeoutMs: 900_000 });
  return commandTimes(stderr, Date.now() / 1000);
}

/** Reads the trace of a shell whose PS4 has the time in it: `+@1767492000.123456 command`. */
export function commandTimes(trace: string, endedAt: number): TypedCommand[] {
  const begun = [...trace.matchAll(/^\+@(\d+[.,]\d+) (.*)$/gm)].map(([, at = '', command = '']) => ({
    at: Number(at.replace(',', '.')),
    command,
  }));
  return begun.map(({ at, command }, index) => ({
    command,
    seconds: (begun[index + 1]?.at ?? endedAt) - at,
  }));
}

/** The seconds from the end of the first command that begins so to the begin of the one that begins as `to`. */
export function secondsBetween(commands: readonly TypedCommand[], from: string, to: string): number {
  const [first, last] = [from, to].map((begin) =>
    commands.findIndex(({ command }) => command.startsWith(begin)),
  );
  const between = commands.slice((first ?? 0) + 1, last);
  return between.reduce((sum, { seconds }) => sum + seconds, 0);
}

/** The commands that took longest, in their order, for a note. */
export function longestCommands(commands: readonly TypedCommand[], least = 0.5): string {
  return commands
    .filter(({ seconds }) => seconds >= least)
    .map(({ command, seconds }) => `\`${command.slice(0, 60)}\` ${seconds.toFixed(1)} s`)
    .join(', ');
}
