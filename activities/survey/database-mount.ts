import path from 'node:path';
import type { CheckResult } from '../../workflows/contracts/calls.ts';
import { OperationError } from '../adapters/operation-error.ts';
import { realPath, withRealMounts } from '../adapters/site/real-path.ts';
import type { Host } from '../host.ts';

/** A service with what of the host it mounts. */
export interface Mounting {
  readonly service: string;
  readonly mounts: readonly { readonly source: string; readonly readOnly?: boolean }[];
}

/**
 * Services that mount the file of the database itself, by whatever name, and may write to it. One that only reads keeps no
 * log of its own; what it reads may be old, which is its own trouble.
 */
export async function mountersOfFile(database: string, mounting: readonly Mounting[]): Promise<string[]> {
  const file = await realPath(database);
  const real = await withRealMounts(mounting);
  return [
    ...new Set(
      real
        .filter(({ mounts }) => mounts.some(({ source, readOnly }) => source === file && readOnly !== true))
        .map((one) => one.service),
    ),
  ];
}

/** What to change, for whoever mounts the file. */
export function mountItsFolder(database: string): string {
  return `mount its folder (${path.dirname(database)}), not the file, in the compose file. Before the containers are made anew: stop them, and see with "docker diff CONTAINER" that no ${path.basename(database)}-wal is left in one: its rows belong to the database. Where other things lie in that folder, move the database to one of its own first`;
}

/** Why that is no way to mount a database. */
export const FILE_IS_MOUNTED =
  'what SQLite keeps beside the file (-wal, -journal) lies in the container: on the host the newest rows are missing, and after a restore the old log meets the restored file';

/**
 * Whether the database on the host is what the app sees: a mounted file is without its log here, so that a backup would be
 * stale and a swap would damage it. No containers: nothing has it mounted.
 */
export async function databaseMountCheck(
  { config }: Pick<Host, 'config'>,
  mounting: readonly Mounting[],
): Promise<CheckResult> {
  const { database } = config.data;
  const mounters = await mountersOfFile(database, mounting);
  if (mounters.length === 0)
    return { ...CHECK, status: 'pass', got: 'no service that writes mounts the file itself' };
  return {
    ...CHECK,
    status: 'fail',
    got: `${mounters.join(', ')} mounts the file ${database}: ${FILE_IS_MOUNTED}`,
    answer: mountItsFolder(database),
  };
}

/** The same of the containers that there are. An engine that does not answer is no reason to make no backup. */
export async function liveDatabaseMountCheck(
  host: Pick<Host, 'config' | 'docker'>,
  signal: AbortSignal,
): Promise<CheckResult> {
  try {
    return await databaseMountCheck(host, await host.docker.projectContainers(host.config.project.name));
  } catch (error) {
    signal.throwIfAborted();
    if (!(error instanceof OperationError)) throw error;
    return { ...CHECK, status: 'not proven', got: error.message, answer: error.hint };
  }
}

const CHECK = {
  name: 'the database is mounted with its folder',
  expected: 'no service that mounts the file itself',
} as const;
