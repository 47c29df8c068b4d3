import { execa } from 'execa';

/** What a `docker` command printed and how it ended. */
export interface CommandResult {
  readonly stdout: string;
  readonly stderr: string;
  readonly exitCode: number;
}

/**
 * How to run a command: `timeoutMs` (default ten minutes), `input` for stdin, `env` added to this process's own,
 * `check: false` to get a failure back instead of an error, `keepFinalNewline` to get output byte for byte.
 */
export interface CommandOptions {
  readonly input?: string | Uint8Array;
  readonly timeoutMs?: number;
  readonly check?: boolean;
  readonly env?: Readonly<Record<string, string>>;
  readonly keepFinalNewline?: boolean;
}

/** Runs the `docker` client on this machine's engine; throws with command and stderr when it fails, unless `check` is false. */
export function docker(args: readonly string[], options: CommandOptions = {}): Promise<CommandResult> {
  return command('docker', args, options);
}

/** Runs one program with literal arguments (no shell); throws with command and stderr when it fails, unless `check` is false. */
export async function command(
  program: string,
  args: readonly string[],
  options: CommandOptions = {},
): Promise<CommandResult> {
  const result = await execa(program, args, {
    reject: false,
    stripFinalNewline: !options.keepFinalNewline,
    maxBuffer: 256 * 1024 * 1024,
    env: options.env ?? {},
    timeout: options.timeoutMs ?? 600_000,
    ...(options.input === undefined ? { stdin: 'ignore' as const } : { input: options.input }),
  });
  const stderr = result.timedOut
    ? `${result.stderr}\ntimed out after ${options.timeoutMs ?? 600_000} ms`
    : result.stderr;
  const exitCode = result.exitCode ?? (result.timedOut ? 124 : 127);
  if (exitCode !== 0 && options.check !== false) {
    throw new Error(
      `${program} ${args.join(' ')}\nended with ${exitCode}, expected 0.\n${stderr || result.stdout || result.message}`,
    );
  }
  return { stdout: result.stdout, stderr: stderr || (result.failed ? (result.message ?? '') : ''), exitCode };
}
