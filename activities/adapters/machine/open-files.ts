import { readAsRoot } from '../command/root-task.ts';
import { runCommand } from '../command/run-command.ts';

/** A process that has a file open. */
export type FileHolder = { readonly pid: number; readonly command: string; readonly path: string };

/**
 * Who has one of these files open, in containers too, and also when it was renamed or deleted since. Only root sees
 * other users' processes, so it asks `root-task`. Reads only.
 */
export const openFiles = async (
  paths: readonly string[],
  signal: AbortSignal,
): Promise<readonly FileHolder[]> => {
  const { stdout } = await runCommand(readAsRoot('open-files', paths), { timeoutMs: 60_000, signal });
  return readOpenFiles(stdout);
};

/** Reads root-task's lines: pid, uid, program and path, a tab between. */
const readOpenFiles = (stdout: string): readonly FileHolder[] =>
  stdout.split('\n').flatMap((line) => {
    const [pid, , command = '?', path = ''] = line.split('\t');
    return pid === undefined || pid === '' ? [] : [{ pid: Number(pid), command, path }];
  });
