import { constants } from 'node:os';
import { execa } from 'execa';
import { checkoutRoot } from './instance.ts';

/**
 * Runs a Node program in the foreground; gives its exit code (128 + number of the signal that ended it). A signal to
 * this process reaches the program, and this process stays to clean up after it.
 */
export async function runForeground(args: readonly string[]): Promise<number> {
  return (await run(args, 'inherit', {})).code;
}

/** The same, with what the program printed, which is shown all the same. */
export async function runCaptured(
  args: readonly string[],
  environment: NodeJS.ProcessEnv = {},
): Promise<{ readonly code: number; readonly output: string }> {
  return run(args, ['inherit', 'pipe'], environment);
}

async function run(
  args: readonly string[],
  stdout: 'inherit' | ['inherit', 'pipe'],
  environment: NodeJS.ProcessEnv,
): Promise<{ code: number; output: string }> {
  const child = execa(process.execPath, args, {
    cwd: checkoutRoot,
    env: environment,
    stdin: 'inherit',
    stdout,
    stderr: 'inherit',
    reject: false,
    // Its own clean-up takes longer than the 5 s after which execa would use SIGKILL.
    forceKillAfterDelay: 120_000,
  });
  const pass = (signal: NodeJS.Signals) => void child.kill(signal);
  // Ctrl-C at a terminal reaches the child by itself.
  const stay = () => void (process.stdin.isTTY || child.kill('SIGINT'));
  process.on('SIGTERM', pass).on('SIGHUP', pass).on('SIGINT', stay);
  const ended = await child;
  process.off('SIGTERM', pass).off('SIGHUP', pass).off('SIGINT', stay);
  const { exitCode, signal } = ended;
  const code = exitCode ?? 128 + (signal === undefined ? 0 : constants.signals[signal]);
  return { code, output: typeof ended.stdout === 'string' ? ended.stdout : '' };
}
