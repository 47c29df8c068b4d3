import { tryCommand } from '../command/run-command.ts';

/**
 * The mount that a path is on; null when it is not there. Files are moved by rename within one mount only: two mounts of
 * the same disk are two.
 */
export const mountPoint = async (path: string): Promise<string | null> => {
  const command = { argv: ['stat', '-L', '-c', '%m', '--', path] } as const;
  const { exitCode, stdout } = await tryCommand(command, { timeoutMs: 15_000 });
  return exitCode === 0 ? stdout.trim() : null;
};
