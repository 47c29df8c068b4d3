import { execa } from 'execa';
import { shellQuote } from '../../../workflows/contracts/shell-quote.ts';
import { OperationError } from '../operation-error.ts';
import { type Command, displayCommand } from './command.ts';
import { keepOutput } from './keep-output.ts';
import { createOutputTail } from './output-tail.ts';
import { endProcessGroup } from './process-group.ts';

/** How a command is run. `timeoutMs` bounds it; output beyond `maxOutputBytes` (256 KB) keeps only its end. */
export type RunOptions = {
  readonly timeoutMs: number;
  readonly signal?: AbortSignal | undefined;
  readonly maxOutputBytes?: number;
  /** Where the output of a failed command is kept when its error may not quote it (`secretOutput`). */
  readonly outputFolder?: string;
};

/** What a command printed and how it ended. `truncated`: the beginning of the output was dropped. */
export type CommandResult = {
  readonly stdout: string;
  readonly stderr: string;
  readonly exitCode: number;
  readonly truncated: boolean;
};

/**
 * Runs a command without a shell and returns what it printed. Throws `OperationError`: `COMMAND_FAILED` for an
 * exit code other than 0, `COMMAND_NOT_FOUND`, `COMMAND_TIMEOUT`, `COMMAND_ABORTED`. When it throws, the
 * command's whole process group has ended, so that a second attempt never meets the first one's process.
 */
export const runCommand = async (command: Command, options: RunOptions): Promise<CommandResult> => {
  const outcome = await tryCommand(command, options);
  if (outcome.exitCode === 0) return outcome;
  const { outputFolder } = options;
  if (command.secretOutput !== true || outputFolder === undefined) throw commandFailed(command, outcome);
  // A disk that is full must not hide what failed.
  const kept = await keepOutput(outputFolder, outcome).catch(() => null);
  const hint = 'It may name secrets, so what it said is only on the host: ';
  throw kept === null
    ? commandFailed(command, outcome)
    : commandFailed(command, outcome, `${hint}sudo cat ${shellQuote(kept)}`);
};

/** As `runCommand`, but an exit code other than 0 is an answer: for programs that say "no" that way. */
export const tryCommand = async (command: Command, options: RunOptions): Promise<CommandResult> => {
  const { signal, timeoutMs, maxOutputBytes = 256 * 1024 } = options;
  if (signal?.aborted) throw aborted(command);
  const stdout = createOutputTail(maxOutputBytes);
  const stderr = createOutputTail(maxOutputBytes);
  const child = start(command);
  for (const [stream, tail] of [
    [child.stdout, stdout],
    [child.stderr, stderr],
  ] as const) {
    stream.on('data', (chunk: Buffer) => {
      tail.push(chunk);
    });
  }
  const stopper = stopOn(command, child.pid, signal, timeoutMs);
  const result = await child;
  const reason = await stopper.settle();
  if (reason === 'aborted') throw aborted(command);
  if (reason === 'timeout') throw timedOut(command, timeoutMs);
  if (result.code === 'ENOENT' || result.code === 'EACCES') throw notFound(command, result.code);
  if (result.code === 'EPERM') throw notPermitted(command);
  const exitCode = result.exitCode ?? signalExitCode;
  const truncated = stdout.isTruncated() || stderr.isTruncated();
  return { stdout: stdout.text(), stderr: stderr.text(), exitCode, truncated };
};

// What a shell reports for a process killed by a signal, when the number is not known.
const signalExitCode = 128;

const start = ({ argv: [file, ...args], cwd, env, input, runAs }: Command) =>
  execa(file, args, {
    ...(cwd === undefined ? {} : { cwd }),
    env: { ...homeOf(runAs), ...env },
    ...runAs,
    // An empty input is the same as none: the program finds its standard input closed, never a terminal.
    input: input ?? '',
    reject: false,
    buffer: false,
    // A process group of its own, which can be ended as a whole.
    detached: true,
  });

/**
 * Another user works in no home of the worker's: it cannot look into it, and root would leave folders there into which the
 * worker cannot. Docker's client, which keeps its state there, then finds none of its plugins; compose v2 is one.
 */
const homeOf = (runAs: Command['runAs']): Readonly<Record<string, string>> => {
  if (runAs === undefined) return {};
  return { HOME: runAs.uid === 0 ? '/root' : '/' };
};

type Stopper = { settle(): Promise<'aborted' | 'timeout' | null> };

const stopOn = (
  { runAs }: Command,
  groupId: number | undefined,
  signal: AbortSignal | undefined,
  timeoutMs: number,
): Stopper => {
  let reason: 'aborted' | 'timeout' | null = null;
  let ending: Promise<void> = Promise.resolve();
  const end = (why: 'aborted' | 'timeout'): void => {
    if (reason !== null || groupId === undefined) return;
    reason = why;
    ending = endProcessGroup(groupId, 5000, runAs);
  };
  const onAbort = (): void => end('aborted');
  signal?.addEventListener('abort', onAbort, { once: true });
  const timer = setTimeout(() => end('timeout'), timeoutMs);
  return {
    settle: async () => {
      clearTimeout(timer);
      signal?.removeEventListener('abort', onAbort);
      await ending;
      return reason;
    },
  };
};

/** The error of a command that ended with another exit code than 0. */
export const commandFailed = (
  command: Command,
  { exitCode, stdout, stderr }: CommandResult,
  hint = 'Run the command by hand on the host to see all of its output.',
): OperationError => {
  const said = command.secretOutput ? '' : lastLines(stderr.trim() || stdout.trim());
  return new OperationError({
    code: 'COMMAND_FAILED',
    operation: 'runCommand',
    target: displayCommand(command),
    cause: `exit code ${exitCode}${said === '' ? '' : `: ${said}`}`,
    hint,
    retryable: true,
  });
};

const lastLines = (text: string): string => text.split('\n').slice(-5).join(' | ').slice(-600);

const aborted = (command: Command): OperationError =>
  new OperationError({
    code: 'COMMAND_ABORTED',
    operation: 'runCommand',
    target: displayCommand(command),
    cause: 'stopped on request; its processes have ended',
    hint: 'Nothing to do: the caller asked for it.',
    retryable: true,
  });

const timedOut = (command: Command, timeoutMs: number): OperationError =>
  new OperationError({
    code: 'COMMAND_TIMEOUT',
    operation: 'runCommand',
    target: displayCommand(command),
    cause: `still running after ${timeoutMs / 1000} s; its processes were ended`,
    hint: 'Look at what the host is busy with, then try again.',
    retryable: true,
  });

const notFound = ({ argv: [program], cwd }: Command, code: string): OperationError =>
  new OperationError({
    code: 'COMMAND_NOT_FOUND',
    operation: 'runCommand',
    target: program,
    cause: `${code === 'ENOENT' ? 'no such program' : 'not executable'}${cwd === undefined ? '' : ` (or no such folder: ${cwd})`}`,
    hint: `Install ${program} on the host, or correct the path in its configuration.`,
    retryable: false,
  });

const notPermitted = (command: Command): OperationError =>
  new OperationError({
    code: 'COMMAND_NOT_PERMITTED',
    operation: 'runCommand',
    target: displayCommand(command),
    cause: `the worker may not run programs as uid ${command.runAs?.uid}`,
    hint: 'Give its unit AmbientCapabilities=CAP_SETUID CAP_SETGID (packaging/install-host.sh does), or run it as that user.',
    retryable: false,
  });
