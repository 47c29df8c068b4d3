import { setTimeout as delay } from 'node:timers/promises';
import type Docker from 'dockerode';
import { OperationError } from '../operation-error.ts';
import { isCopyName } from '../project-copy/copy-names.ts';
import type { CreatedCopy } from '../project-copy/inspect-copy.ts';
import { dockerFailure, dockerStatus } from './failure.ts';

const PROJECT = 'com.docker.compose.project';
const CONTAINERS_GONE_WITHIN_MS = 60_000;
const OBJECTS_GONE_WITHIN_MS = 10_000;

/** What is done with throwaway copies of the project. Whatever is removed here is called like a copy. */
export const copyOperations = (docker: Docker) => ({
  /** The containers and networks of a copy, whole as the engine describes them. Their environment may be secret. */
  inspectCopy: async (name: string): Promise<CreatedCopy> => {
    try {
      const filters = { label: [`${PROJECT}=${name}`] };
      const containers = await docker.listContainers({ all: true, filters });
      const networks = await docker.listNetworks({ filters });
      return {
        containers: await Promise.all(containers.map(({ Id }) => docker.getContainer(Id).inspect())),
        networks: await Promise.all(networks.map(({ Id }) => docker.getNetwork(Id).inspect())),
      };
    } catch (error) {
      throw dockerFailure('inspectCopy', name, error);
    }
  },

  /**
   * Removes the containers of a copy with their anonymous volumes; no error when there are none. Returns when the engine
   * has none of them: one whose removal an attempt before began would else vanish from under the copy that is made next.
   */
  removeCopyContainers: async (name: string, signal?: AbortSignal): Promise<void> => {
    requireCopy(name);
    const filters = { label: [`${PROJECT}=${name}`] };
    const operation = 'removeCopyContainers';
    const left = await askUntilGone(
      { operation, name, withinMs: CONTAINERS_GONE_WITHIN_MS, signal },
      async () => {
        const found = await docker.listContainers({ all: true, filters });
        for (const { Id } of found)
          await docker.getContainer(Id).remove({ force: true, v: true }).catch(unlessGoneOrUsed);
        return found.map(({ Names, State }) => `${Names[0] ?? ''} (${State})`);
      },
    );
    if (left.length > 0) throw notGone(name, left);
  },

  /**
   * Removes the networks and volumes of a copy that has no containers any more; no error when there are none. Returns
   * those that stay because something else uses them: they hold nothing of FDTS's own, and are no reason to fail.
   */
  removeCopyObjects: async (name: string, signal?: AbortSignal): Promise<readonly string[]> => {
    requireCopy(name);
    const filters = { label: [`${PROJECT}=${name}`] };
    const operation = 'removeCopyObjects';
    return askUntilGone({ operation, name, withinMs: OBJECTS_GONE_WITHIN_MS, signal }, async () => {
      const networks = await docker.listNetworks({ filters });
      for (const { Id } of networks) await docker.getNetwork(Id).remove().catch(unlessGoneOrUsed);
      const { Volumes } = await docker.listVolumes({ filters });
      for (const volume of Volumes) await docker.getVolume(volume.Name).remove().catch(unlessGoneOrUsed);
      return [
        ...networks.map((network) => `network ${network.Name}`),
        ...Volumes.map((volume) => `volume ${volume.Name}`),
      ];
    });
  },

  /** The names of all copies that have a container, network or volume on this engine. */
  listCopies: async (): Promise<readonly string[]> => {
    try {
      const filters = { label: [PROJECT] };
      const containers = await docker.listContainers({ all: true, filters });
      const networks = await docker.listNetworks({ filters });
      const { Volumes } = await docker.listVolumes({ filters });
      const names = [
        ...containers.map(({ Labels }) => Labels[PROJECT]),
        ...networks.map(({ Labels }) => Labels?.[PROJECT]),
        ...Volumes.map(({ Labels }) => Labels?.[PROJECT]),
      ];
      return [...new Set(names)].filter((name) => name !== undefined).filter(isCopyName);
    } catch (error) {
      throw dockerFailure('listCopies', 'docker', error);
    }
  },
});

interface Asked {
  readonly operation: string;
  readonly name: string;
  readonly withinMs: number;
  readonly signal: AbortSignal | undefined;
}

/** Removes again and again, until nothing is left or the time is over: then it returns what is. `remove` gives what it found. */
const askUntilGone = async (
  { operation, name, withinMs, signal }: Asked,
  remove: () => Promise<readonly string[]>,
): Promise<readonly string[]> => {
  const deadline = Date.now() + withinMs;
  try {
    for (;;) {
      const found = await remove();
      if (found.length === 0 || Date.now() >= deadline) return found;
      await delay(100, undefined, { signal });
    }
  } catch (error) {
    signal?.throwIfAborted();
    throw dockerFailure(operation, name, error);
  }
};

// 409: another attempt is removing it, or something uses it; 403: a network with containers. Looking again tells.
const unlessGoneOrUsed = (error: unknown): void => {
  if (![403, 404, 409].includes(dockerStatus(error) ?? 0)) throw error;
};

const notGone = (name: string, left: readonly string[]): OperationError =>
  new OperationError({
    code: 'CONTAINERS_NOT_GONE',
    operation: 'removeCopyContainers',
    target: name,
    cause: `still there ${CONTAINERS_GONE_WITHIN_MS / 1000} s after their removal: ${left.join(', ')}`,
    hint: "Look at the engine's own log on the host: journalctl -u docker.service",
    retryable: true,
  });

const requireCopy = (name: string): void => {
  if (isCopyName(name)) return;
  throw new OperationError({
    code: 'NOT_A_COPY',
    operation: 'removeCopy',
    target: name,
    cause: 'only what is called like a copy is removed',
    hint: 'Nothing was removed. Report this: it must never happen.',
    retryable: false,
  });
};
