import { createHash } from 'node:crypto';
import { OperationError } from '../operation-error.ts';
import type { Command } from './command.ts';
import { type CommandResult, commandFailed, type RunOptions, runCommand, tryCommand } from './run-command.ts';

/** The root-owned program that does privileged work (packaging/root-task). */
export const rootTaskProgram = '/usr/lib/fdts-ops/root-task';

/** What runs in a unit of its own, under root, and outlives the worker. */
export type RootVerb =
  | 'apt-refresh'
  | 'apt-download'
  | 'apt-install'
  | 'dpkg-repair'
  | 'restart-deferred'
  | 'restart-engine'
  | 'rotate-logs'
  | 'start-stack'
  | 'install-engine'
  | 'enable-stack'
  | 'isolate'
  | 'reopen'
  | 'run-script';

/** What reads at once, under root. */
export type RootRead =
  | 'version'
  | 'apt-plan'
  | 'apt-plan-of'
  | 'dpkg-audit'
  | 'open-files'
  | 'logs-to-rotate'
  | 'isolation'
  | 'evidence'
  | 'script';

/**
 * The unit's name: the same run, step and arguments always mean the same unit, so that a second attempt finds the
 * first one's; other arguments (a plan that changed at a gate) mean another.
 */
export const rootTaskUnit = ({ run, step }: RootTaskStep, args: readonly string[] = []): string => {
  const words = `fdts-ops-${run}-${step}`
    .toLowerCase()
    .replaceAll(/[^a-z0-9-]+/g, '-')
    .slice(0, 100);
  if (args.length === 0) return words;
  return `${words}-${createHash('sha256').update(args.join('\n')).digest('hex').slice(0, 8)}`;
};

/** The step of a run on whose behalf something privileged is done. */
export type RootTaskStep = { readonly run: string; readonly step: string };

/** Starts a verb in a unit, or attaches to the one that runs; a result that is there already is kept. */
export const startRootTask = (unit: string, verb: RootVerb, args: readonly string[] = []): Command =>
  asRoot(['start', unit, verb, ...args]);

/** Waits for a unit (`seconds`: at most so long) and prints its state and output. Needs no root. */
export const waitRootTask = (unit: string, seconds?: number): Command => ({
  argv: [rootTaskProgram, 'wait', unit, ...(seconds === undefined ? [] : [String(seconds)])],
});

/** Reads something that only root sees; changes nothing. */
export const readAsRoot = (verb: RootRead, args: readonly string[] = []): Command =>
  asRoot(['read', verb, ...args]);

/**
 * Runs a verb to its end and returns what it printed. An abort ends only the waiting: the unit goes on (dpkg is
 * never cut), and the next call under the same name attaches to it. Throws `ROOT_TASK_FAILED` with the last lines
 * of its errors, `ROOT_TASK_REFUSED` when it will not do it at all, `ROOT_TASK_LOST` when a power failure cut it off
 * (start it again).
 */
export const runRootTask = async (
  step: RootTaskStep,
  verb: RootVerb,
  args: readonly string[],
  options: RunOptions,
): Promise<string> => {
  const unit = rootTaskUnit(step, args);
  await runRoot(startRootTask(unit, verb, args), verb, { ...options, timeoutMs: startTimeoutMs });
  const { stdout, stderr } = await runCommand(waitRootTask(unit), options);
  const { state, exitCode, output } = readWaitAnswer(stdout);
  if (state === 'finished' && exitCode === 0) return output;
  if (state === 'finished' && exitCode === refusedExitCode) throw refused(unit, verb, stderr);
  if (state === 'finished') throw failed(unit, verb, exitCode, stderr);
  throw lost(unit, verb, state);
};

/** Runs a read and returns what it printed. Throws `ROOT_TASK_REFUSED`, else as `runCommand` does. */
export const runRootRead = async (
  verb: RootRead,
  args: readonly string[],
  options: RunOptions,
): Promise<string> => (await runRoot(readAsRoot(verb, args), verb, options)).stdout;

/** Waits until a unit of this name has ended, however it did; returns at once when there is none. */
export const settleRootTask = async (unit: string, options: RunOptions): Promise<void> => {
  await runCommand(waitRootTask(unit), options);
};

/** How a unit stands at this moment. */
export const rootTaskState = async (unit: string, options: RunOptions): Promise<RootTaskAnswer['state']> =>
  readWaitAnswer((await runCommand(waitRootTask(unit, 0), options)).stdout).state;

/** Ends a script of the site before its time (SIGTERM, SIGKILL after ten seconds), and waits for its end. */
export const endRootScript = async (unit: string, options: RunOptions): Promise<void> => {
  await runRoot(asRoot(['end', unit]), 'end', options);
  await settleRootTask(unit, options);
};

/** Takes the answer of `root-task wait` apart: the first line is the state, the rest what the verb printed. */
export const readWaitAnswer = (stdout: string): RootTaskAnswer => {
  const end = stdout.indexOf('\n');
  const first = end === -1 ? stdout : stdout.slice(0, end);
  const output = end === -1 ? '' : stdout.slice(end + 1);
  const finished = /^finished (\d+)$/.exec(first);
  if (finished !== null) return { state: 'finished', exitCode: Number(finished[1]), output };
  return { state: first === 'running' ? 'running' : 'lost', exitCode: null, output };
};

/** How a root task stands; `lost`: it neither runs nor left a result. */
export type RootTaskAnswer = {
  readonly state: 'finished' | 'running' | 'lost';
  readonly exitCode: number | null;
  readonly output: string;
};

const startTimeoutMs = 60_000;

// As root-task says that its arguments, or what they would do, are not allowed: trying again changes nothing.
const refusedExitCode = 64;

const runRoot = async (command: Command, verb: string, options: RunOptions): Promise<CommandResult> => {
  const outcome = await tryCommand(command, options);
  if (outcome.exitCode === 0) return outcome;
  if (outcome.exitCode === refusedExitCode) throw refused(command.argv.join(' '), verb, outcome.stderr);
  throw commandFailed(command, outcome);
};

const refused = (target: string, verb: string, stderr: string): OperationError =>
  new OperationError({
    code: 'ROOT_TASK_REFUSED',
    operation: verb,
    target,
    cause: stderr.trim().split('\n').at(-1) ?? '',
    hint: 'It did nothing. Start the run again, so that it plans anew; if it is refused again, install this version with packaging/install-host.sh.',
    retryable: false,
  });

const asRoot = (args: readonly string[]): Command => ({
  argv: process.getuid?.() === 0 ? [rootTaskProgram, ...args] : ['sudo', '-n', rootTaskProgram, ...args],
});

const failed = (unit: string, verb: RootVerb, exitCode: number | null, stderr: string): OperationError =>
  new OperationError({
    code: 'ROOT_TASK_FAILED',
    operation: verb,
    target: unit,
    cause: `exit code ${exitCode}: ${stderr.trim().split('\n').slice(-5).join(' | ').slice(-600)}`,
    hint: `Everything that it printed is on the host: /var/lib/fdts-ops-root/tasks/${unit}/`,
    retryable: true,
  });

const lost = (unit: string, verb: RootVerb, state: string): OperationError =>
  new OperationError({
    code: 'ROOT_TASK_LOST',
    operation: verb,
    target: unit,
    cause: state === 'running' ? 'still running' : 'it was cut off before it had a result',
    hint: 'Try again: it attaches to what runs, or starts anew.',
    retryable: true,
  });
