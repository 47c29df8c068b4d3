import { execa } from 'execa';
import { commandFailed } from '../command/run-command.ts';
import { OperationError } from '../operation-error.ts';
import type { EvidenceSource } from './evidence-folder.ts';

/** What a program prints, as it comes; an exit code other than 0 is an error. Never a shell. */
export const commandSource = async (
  argv: readonly [string, ...string[]],
  signal: AbortSignal,
): Promise<EvidenceSource> => {
  const [file, ...args] = argv;
  // TZ: whatever prints times prints them in UTC.
  const child = execa(file, args, {
    buffer: false,
    reject: false,
    cancelSignal: signal,
    env: { TZ: 'UTC', LC_ALL: 'C' },
  });
  const complaints: string[] = [];
  child.stderr.on('data', (text: Buffer) => complaints.push(text.toString().slice(0, 4000)));
  return (async function* (): AsyncGenerator<Uint8Array> {
    for await (const chunk of child.stdout) yield Buffer.from(chunk);
    const { exitCode, code } = await child;
    signal.throwIfAborted();
    if (code === 'ENOENT') throw missing(file);
    if (exitCode === 0) return;
    const outcome = { exitCode: exitCode ?? 128, stdout: '', stderr: complaints.join(''), truncated: false };
    throw commandFailed({ argv }, outcome);
  })();
};

const missing = (program: string): OperationError =>
  new OperationError({
    code: 'COMMAND_NOT_FOUND',
    operation: 'commandSource',
    target: program,
    cause: 'no such program on this host',
    hint: `Install it to have this evidence the next time.`,
    retryable: false,
  });
