import { readFile, realpath } from 'node:fs/promises';
import { runCommand, tryCommand } from '../command/run-command.ts';
import { type FileSystemUse, fileSystemUse } from '../file-system-use.ts';
import { OperationError } from '../operation-error.ts';

/** This host's id; a copied disk has the same, a second worker with the host's name has another. */
export const machineId = async (file = '/etc/machine-id'): Promise<string> => {
  const id = (await readFile(file, 'utf8').catch(() => '')).trim();
  if (/^[0-9a-f]{32}$/.test(id)) return id;
  throw new OperationError({
    code: 'MACHINE_ID_MISSING',
    operation: 'machineId',
    target: file,
    cause: id === '' ? 'empty or missing' : 'not 32 hexadecimal digits',
    hint: 'Run systemd-machine-id-setup on the host.',
    retryable: false,
  });
};

/** How full the file system is that a path is on. */
export const diskUsage = async (path: string): Promise<FileSystemUse> => {
  try {
    return await fileSystemUse(path);
  } catch (error) {
    throw new OperationError({
      code: 'PATH_UNREADABLE',
      operation: 'diskUsage',
      target: path,
      cause: error,
      hint: "Correct the path in the host's configuration, or let the worker's user read it.",
      retryable: false,
    });
  }
};

/** A systemd unit: `state` as `systemctl is-active` says, `since` in UTC; `not-found` when there is none. */
export type UnitState = { readonly state: string; readonly subState: string; readonly since: string | null };

/** How a systemd unit stands. */
export const unitState = async (unit: string, signal?: AbortSignal): Promise<UnitState> => {
  const properties = 'LoadState,ActiveState,SubState,StateChangeTimestamp';
  const command = {
    argv: ['systemctl', 'show', '--timestamp=unix', `--property=${properties}`, '--', unit],
  } as const;
  return readUnitState((await runCommand(command, { timeoutMs: 15_000, signal })).stdout);
};

/** The files of a systemd unit with its drop-ins, as systemd reads them; empty when there is no such unit. */
export const unitFiles = async (unit: string, signal?: AbortSignal): Promise<string> => {
  const found = await tryCommand({ argv: ['systemctl', 'cat', '--', unit] }, { timeoutMs: 15_000, signal });
  return found.exitCode === 0 ? found.stdout : '';
};

/** Reads what `systemctl show` prints. */
export const readUnitState = (stdout: string): UnitState => {
  const value = (name: string): string => new RegExp(`^${name}=(.*)$`, 'm').exec(stdout)?.[1] ?? '';
  const changed = /^@(\d+)/.exec(value('StateChangeTimestamp'))?.[1];
  return {
    state: value('LoadState') === 'not-found' ? 'not-found' : value('ActiveState') || 'unknown',
    subState: value('SubState'),
    since: changed === undefined ? null : new Date(Number(changed) * 1000).toISOString(),
  };
};

/** The host's timezone (an IANA name), as its people read the clock. */
export const timezone = async (): Promise<string> => {
  const file = await realpath('/etc/localtime').catch(() => '');
  const named = /zoneinfo\/(?:posix\/|right\/)?(.+)$/.exec(file)?.[1];
  return named ?? new Intl.DateTimeFormat().resolvedOptions().timeZone;
};

/** The host's memory; `availableBytes` is what programs can still get. */
export type Memory = { readonly totalBytes: number; readonly availableBytes: number };

/** From /proc/meminfo. */
export const memory = async (file = '/proc/meminfo'): Promise<Memory> => {
  const text = await readFile(file, 'utf8');
  const bytes = (name: string): number =>
    Number(new RegExp(`^${name}:\\s+(\\d+) kB`, 'm').exec(text)?.[1] ?? 0) * 1024;
  return { totalBytes: bytes('MemTotal'), availableBytes: bytes('MemAvailable') };
};
