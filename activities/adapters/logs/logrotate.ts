import { readFile, stat } from 'node:fs/promises';
import { type RootTaskStep, runRootRead, runRootTask } from '../command/root-task.ts';
import type { RunOptions } from '../command/run-command.ts';

/** The logs that a file of logrotate names and that are there. Reads only. */
export const logsToRotate = async (file: string, options: RunOptions): Promise<readonly string[]> =>
  (await runRootRead('logs-to-rotate', [file], options)).split('\n').filter((line) => line.startsWith('/'));

/** Rotates them now, with the host's defaults. Once for each step: a repetition finds it done. */
export const rotateNow = async (step: RootTaskStep, file: string, options: RunOptions): Promise<void> => {
  await runRootTask(step, 'rotate-logs', [file], options);
};

/** The command behind `rotateNow`, as a person would type it. */
export const rotateCommand = (file: string): string => `logrotate --force ${file}`;

/**
 * Whether a file of logrotate makes programs go on in the new log: it copies and truncates, or runs something after the
 * rotation; null when it cannot be read.
 */
export const followsRotation = async (file: string): Promise<boolean | null> =>
  readFile(file, 'utf8').then(tellsWriters, () => null);

/** See `followsRotation`, of its text. */
export const tellsWriters = (text: string): boolean =>
  text
    .split('\n')
    .map((line) => line.replace(/#.*/, '').trim())
    .some((line) => ['copytruncate', 'postrotate', 'lastaction'].includes(line));

/** Size and identity of a log; null when it is not there. */
export const lookAtLog = (path: string): Promise<{ readonly bytes: number; readonly inode: number } | null> =>
  stat(path).then(
    ({ size, ino }) => ({ bytes: size, inode: ino }),
    () => null,
  );
