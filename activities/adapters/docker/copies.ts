import type Docker from 'dockerode';
import { OperationError } from '../operation-error.ts';
import { isCopyName } from '../project-copy/copy-names.ts';
import type { CreatedCopy } from '../project-copy/inspect-copy.ts';
import { dockerFailure, dockerStatus } from './failure.ts';

const PROJECT = 'com.docker.compose.project';

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

  /** Removes the containers of a copy with their anonymous volumes; no error when there are none. */
  removeCopyContainers: async (name: string): Promise<void> => {
    requireCopy(name);
    try {
      const filters = { label: [`${PROJECT}=${name}`] };
      for (const { Id } of await docker.listContainers({ all: true, filters }))
        await docker.getContainer(Id).remove({ force: true, v: true }).catch(unlessGone);
    } catch (error) {
      throw dockerFailure('removeCopyContainers', name, error);
    }
  },

  /** Removes the networks and volumes of a copy that has no containers any more; no error when there are none. */
  removeCopyObjects: async (name: string): Promise<void> => {
    requireCopy(name);
    try {
      const filters = { label: [`${PROJECT}=${name}`] };
      for (const { Id } of await docker.listNetworks({ filters }))
        await docker.getNetwork(Id).remove().catch(unlessGone);
      const { Volumes } = await docker.listVolumes({ filters });
      for (const { Name } of Volumes) await docker.getVolume(Name).remove().catch(unlessGone);
    } catch (error) {
      throw dockerFailure('removeCopyObjects', name, error);
    }
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

// 409: another attempt is removing it.
const unlessGone = (error: unknown): void => {
  if (![404, 409].includes(dockerStatus(error) ?? 0)) throw error;
};

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
