import { setTimeout as delay } from 'node:timers/promises';
import type Docker from 'dockerode';
import { OperationError } from '../operation-error.ts';
import { isCopyName } from '../project-copy/copy-names.ts';
import type { CreatedCopy } from '../project-copy/inspect-copy.ts';
import { dockerFailure, dockerStatus } from './failure.ts';

const PROJECT = 'com.docker.compose.project';
const GONE_WITHIN_MS = 60_000;

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
  removeCopyContainers: async (name: string): Promise<void> => {
    requireCopy(name);
    const filters = { label: [`${PROJECT}=${name}`] };
    await untilGone('removeCopyContainers', name, async () => {
      const left = await docker.listContainers({ all: true, filters });
      for (const { Id } of left)
        await docker.getContainer(Id).remove({ force: true, v: true }).catch(unlessGone);
      return left.map(({ Names, State }) => `${Names[0] ?? ''} (${State})`);
    });
  },

  /**
   * Removes the networks and volumes of a copy that has no containers any more; no error when there are none. Returns
   * when the engine has none of them.
   * @throws OperationError `COPY_NOT_GONE`: something else uses one.
   */
  removeCopyObjects: async (name: string): Promise<void> => {
    requireCopy(name);
    const filters = { label: [`${PROJECT}=${name}`] };
    await untilGone('removeCopyObjects', name, async () => {
      const networks = await docker.listNetworks({ filters });
      for (const { Id } of networks) await docker.getNetwork(Id).remove().catch(unlessGone);
      const { Volumes } = await docker.listVolumes({ filters });
      for (const volume of Volumes) await docker.getVolume(volume.Name).remove().catch(unlessGone);
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

/** Removes, as often as it takes, until nothing was left to remove. `remove` gives what was there when it looked. */
const untilGone = async (
  operation: string,
  name: string,
  remove: () => Promise<readonly string[]>,
): Promise<void> => {
  const deadline = Date.now() + GONE_WITHIN_MS;
  try {
    for (let left = await remove(); left.length > 0; left = await remove()) {
      if (Date.now() >= deadline) throw notGone(operation, name, left);
      await delay(100);
    }
  } catch (error) {
    throw dockerFailure(operation, name, error);
  }
};

// 409: another attempt is removing it, or something uses it: whether it goes is seen by looking again.
const unlessGone = (error: unknown): void => {
  if (![404, 409].includes(dockerStatus(error) ?? 0)) throw error;
};

const notGone = (operation: string, name: string, left: readonly string[]): OperationError =>
  new OperationError({
    code: 'COPY_NOT_GONE',
    operation,
    target: name,
    cause: `still there after ${GONE_WITHIN_MS / 1000} s of removing: ${left.join(', ')}`,
    hint: 'See on the host what uses it ("docker ps -a --filter volume=NAME") and the engine\'s own log (journalctl -u docker.service).',
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
