import { open } from 'node:fs/promises';
import path from 'node:path';
import type { HostConfig } from '../../config/host-schema.ts';
import { tryCommand } from '../adapters/command/run-command.ts';
import { makeFolderOfOwner } from '../adapters/machine/leave-to-folder-owner.ts';

/** Where a run keeps raw logs on the host; they never leave it. */
export function keptLogsFolder({ state }: HostConfig, stamp: string): string {
  return path.join(state.folder, 'logs', stamp);
}

/**
 * Keeps what a command prints in a file with mode 0600, and says how much it was. What cannot be kept (a full disk, a tool
 * that is missing) is said, and is no reason to leave FDTS down.
 */
export async function keepOutputOf(
  argv: readonly [string, ...string[]],
  file: string,
  signal: AbortSignal,
): Promise<string> {
  try {
    const found = await tryCommand({ argv, secretOutput: true }, { timeoutMs: 30_000, signal });
    const text = `${found.stdout}${found.stderr}`;
    await makeFolderOfOwner(path.dirname(file), 0o700);
    const handle = await open(file, 'w', 0o600);
    try {
      await handle.writeFile(text);
    } finally {
      await handle.close();
    }
    const lines = `${text.split('\n').length - 1} lines`;
    return found.exitCode === 0 ? lines : `${lines}, exit code ${found.exitCode}`;
  } catch (error) {
    signal.throwIfAborted();
    return `skipped: ${error instanceof Error ? error.message : String(error)}`;
  }
}
