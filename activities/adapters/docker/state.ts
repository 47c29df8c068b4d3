import type Docker from 'dockerode';
import { dockerFailure } from './failure.ts';

/** What only the engine knows of a container's process. */
export type ContainerState = {
  /** On the host; null: it does not run. */
  readonly pid: number | null;
  /** null: it has no memory limit of its own. */
  readonly memoryLimitBytes: number | null;
  /** The kernel ended it for want of memory, the last time that it ended. */
  readonly wasOutOfMemory: boolean;
  /** How often its restart policy started it again. */
  readonly restarts: number;
};

/** The environment that a container was made with: it holds secrets, and must not leave the process that asked. */
export const containerEnvironment = async (
  docker: Docker,
  id: string,
): Promise<Readonly<Record<string, string>>> => {
  try {
    const { Config } = await docker.getContainer(id).inspect();
    return Object.fromEntries(
      Config.Env.map((entry) => [entry.slice(0, entry.indexOf('=')), entry.slice(entry.indexOf('=') + 1)]),
    );
  } catch (error) {
    throw dockerFailure('containerEnvironment', id, error);
  }
};

/** How the process of a container stands. */
export const containerState = async (docker: Docker, id: string): Promise<ContainerState> => {
  try {
    const { State, HostConfig, RestartCount } = await docker.getContainer(id).inspect();
    return {
      pid: State.Pid > 0 ? State.Pid : null,
      memoryLimitBytes: (HostConfig.Memory ?? 0) > 0 ? (HostConfig.Memory ?? 0) : null,
      wasOutOfMemory: State.OOMKilled,
      restarts: RestartCount,
    };
  } catch (error) {
    throw dockerFailure('containerState', id, error);
  }
};
