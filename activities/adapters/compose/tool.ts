import { tryCommand } from '../command/run-command.ts';
import { OperationError } from '../operation-error.ts';

/** One way to call compose on this host, with its version. */
export type ComposeTool = {
  readonly argv: readonly ['docker-compose'] | readonly ['docker', 'compose'];
  readonly version: string;
};

/** Which composes are installed, newest first. `docker-compose` may be v1 or a v2 under the old name. */
export const installedComposeTools = async (signal?: AbortSignal): Promise<readonly ComposeTool[]> => {
  const found: ComposeTool[] = [];
  for (const argv of [['docker', 'compose'], ['docker-compose']] as const) {
    const command = { argv: [...argv, 'version', '--short'] as const };
    const answer = await tryCommand(command, { timeoutMs: 30_000, signal }).catch(() => null);
    const version = /\d+\.\d+\.\d+\S*/.exec(answer?.exitCode === 0 ? answer.stdout : '')?.[0];
    if (version !== undefined) found.push({ argv, version });
  }
  return found;
};

/**
 * The compose that made the running containers, because another major would make all of them anew; with no
 * containers the newest one. Throws `COMPOSE_MISSING` and `COMPOSE_MISMATCH`.
 */
export const chooseComposeTool = (
  installed: readonly ComposeTool[],
  madeBy: readonly (string | null)[],
): ComposeTool => {
  const majors = [...new Set(madeBy.filter((version) => version !== null).map(major))];
  const matching = installed.find(({ version }) => majors.length === 0 || major(version) === majors[0]);
  if (matching !== undefined && majors.length <= 1) return matching;
  if (installed.length === 0) throw missing();
  throw mismatch(installed, majors);
};

// v1 ends with 1.x; from 2 on every major continues the same containers. Builds from source call themselves "dev".
const major = (version: string): '1' | '2 or newer' => (/^v?1\./.test(version) ? '1' : '2 or newer');

const missing = (): OperationError =>
  new OperationError({
    code: 'COMPOSE_MISSING',
    operation: 'chooseComposeTool',
    target: 'docker compose',
    cause: 'neither "docker compose" nor "docker-compose" answers on this host',
    hint: 'Install the Docker compose plugin (or docker-compose) on the host.',
    retryable: false,
  });

const mismatch = (installed: readonly ComposeTool[], majors: readonly string[]): OperationError =>
  new OperationError({
    code: 'COMPOSE_MISMATCH',
    operation: 'chooseComposeTool',
    target: 'docker compose',
    cause: `the containers were made by compose ${majors.join(' and ')}, installed is ${installed.map(({ version }) => version).join(', ')}: it would make all of them anew`,
    hint: `Install compose ${majors[0]} on the host, or bring the stack up once by hand with the one installed.`,
    retryable: false,
  });
