import { stat } from 'node:fs/promises';
import { realPath } from '../activities/adapters/site/real-path.ts';
import { CliError } from '../client/cli-error.ts';
import type { Finding } from '../client/commands/doctor.ts';
import { DOCKER_SOCKET } from './compose-host.ts';

const HOW =
  'run FDTS with the engine of the system, which root runs and which listens there (rootless Docker, a remote engine and another socket are not supported)';

/**
 * Why the engine that fdts-ops asks is not the one that this shell means, or is none: `docker` goes where DOCKER_HOST points,
 * a service of the host does not. null: nothing speaks against it.
 */
export async function wrongEngine(
  dockerHost: string | undefined = process.env['DOCKER_HOST'],
  socket: string = DOCKER_SOCKET,
): Promise<string | null> {
  const named = dockerHost?.replace(/^unix:\/\//, '') ?? '';
  if (named !== '' && (await realPath(named)) !== (await realPath(socket)))
    return `DOCKER_HOST is ${dockerHost}, fdts-ops uses ${socket}`;
  const found = await stat(socket).catch(() => null);
  return found?.isSocket() === true ? null : `no socket ${socket}, which fdts-ops uses`;
}

/** What `doctor` says of it. */
export function socketFinding(wrong: string | null): Finding {
  const name = 'socket of Docker';
  if (wrong === null) return { name, status: 'ok', found: DOCKER_SOCKET };
  return { name, status: 'missing', found: wrong, getIt: HOW };
}

/** @throws CliError `WRONG_ENGINE`: `init` would describe what another engine runs, or nothing. */
export function requireEngine(wrong: string | null): void {
  if (wrong === null) return;
  throw new CliError('usage', {
    code: 'WRONG_ENGINE',
    message: `${wrong}: nothing was written`,
    hint: `Next: ${HOW}; with DOCKER_HOST set by mistake: unset DOCKER_HOST.`,
  });
}
