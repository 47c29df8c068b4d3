import { spawn } from 'node:child_process';
import { closeSync, mkdirSync, openSync } from 'node:fs';
import { dirname } from 'node:path';
import { identifyProcess, type ProcessIdentity } from './process-identity.ts';
import { SetUpError } from './set-up-error.ts';

/** What to run, where its output goes (appended), and its environment. */
export interface DetachedCommand {
  readonly command: string;
  readonly args: readonly string[];
  readonly logFile: string;
  readonly env?: NodeJS.ProcessEnv;
}

/** Starts a process that outlives this one, in a session of its own: Ctrl-C here does not reach it. */
export function startDetached({
  command,
  args,
  logFile,
  env = process.env,
}: DetachedCommand): ProcessIdentity {
  mkdirSync(dirname(logFile), { recursive: true, mode: 0o700 });
  const log = openSync(logFile, 'a', 0o600);
  try {
    const child = spawn(command, args, { detached: true, stdio: ['ignore', log, log], env });
    // A command that does not exist has no pid; its error event says nothing more.
    child.once('error', () => undefined);
    child.unref();
    const identity = child.pid === undefined ? undefined : identifyProcess(child.pid);
    if (identity) return identity;
  } finally {
    closeSync(log);
  }
  throw new SetUpError({
    what: `${command} could not be started, or ended at once.`,
    got: `command: ${[command, ...args].join(' ')}`,
    expected: 'a process that goes on running',
    next: `see the end of ${logFile}, and whether ${command} is on PATH`,
  });
}
