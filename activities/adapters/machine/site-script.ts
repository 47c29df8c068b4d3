import {
  endRootScript,
  type RootTaskAnswer,
  type RootTaskStep,
  rootTaskState,
  rootTaskUnit,
  runRootRead,
  runRootTask,
  settleRootTask,
} from '../command/root-task.ts';
import type { RunOptions } from '../command/run-command.ts';
import { OperationError } from '../operation-error.ts';

/** A script as it was seen: what runs later is this content, or nothing. */
export type ScriptFacts = {
  /** Of the file, directly in the folder of the scripts. */
  readonly name: string;
  readonly sha256: string;
  readonly bytes: number;
};

/** What runs, and for how long at most. */
export type ScriptCall = Pick<ScriptFacts, 'name' | 'sha256'> & { readonly seconds: number };

/** What a script is. Throws `ROOT_TASK_REFUSED` with the reason for a file that root would not run. Reads only. */
export const examineScript = async (name: string, options: RunOptions): Promise<ScriptFacts> =>
  readScriptFacts(name, await runRootRead('script', [name], options));

/** Reads what `root-task read script` prints. */
export const readScriptFacts = (name: string, printed: string): ScriptFacts => {
  const [, sha256, bytes] = /^([0-9a-f]{64}) (\d+)\s*$/.exec(printed) ?? [];
  if (sha256 === undefined) throw notUnderstood(name);
  return { name, sha256, bytes: Number(bytes) };
};

/**
 * Runs a script once, in a unit that outlives the worker, and gives its exit code (124 or 137: it was ended after its
 * time). A second call under the same step attaches to it, or answers the same; one that a power failure cut off is not
 * run again: `ROOT_TASK_REFUSED`.
 */
export const runScriptOnce = async (
  step: RootTaskStep,
  call: ScriptCall,
  options: RunOptions,
): Promise<number> => readExitCode(call.name, await runRootTask(step, 'run-script', argsOf(call), options));

/** Reads the exit code that a script's unit printed; what the script itself printed is never among it. */
export const readExitCode = (name: string, printed: string): number => {
  const code = /^exit (\d{1,3})\s*$/.exec(printed)?.[1];
  if (code === undefined) throw notUnderstood(name);
  return Number(code);
};

/** Waits until the script of this step has ended, however; at once when it never began. */
export const settleScript = (step: RootTaskStep, call: ScriptCall, options: RunOptions): Promise<void> =>
  settleRootTask(rootTaskUnit(step, argsOf(call)), options);

/** How the script of this step stands at this moment; `lost`: it never began, or was cut off by a power failure. */
export const scriptState = (
  step: RootTaskStep,
  call: ScriptCall,
  options: RunOptions,
): Promise<RootTaskAnswer['state']> => rootTaskState(rootTaskUnit(step, argsOf(call)), options);

/** Ends the script of this step before its time. */
export const endScript = (step: RootTaskStep, call: ScriptCall, options: RunOptions): Promise<void> =>
  endRootScript(rootTaskUnit(step, argsOf(call)), options);

/** Where everything is that the script printed: on the host alone. */
export const scriptOutput = (step: RootTaskStep, call: ScriptCall): string =>
  `/var/lib/fdts-ops-root/tasks/${rootTaskUnit(step, argsOf(call))}/output`;

const argsOf = ({ name, sha256, seconds }: ScriptCall): string[] => [name, sha256, String(seconds)];

const notUnderstood = (name: string): OperationError =>
  new OperationError({
    code: 'ROOT_TASK_ANSWER',
    operation: 'script',
    target: name,
    cause: 'root-task answered something else than this version expects',
    hint: 'Install this version on the host with packaging/install-host.sh.',
    retryable: false,
  });
