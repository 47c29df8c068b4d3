import type Docker from 'dockerode';
import { dockerFailure, dockerStatus } from './failure.ts';
import { parseImageReference } from './image-reference.ts';

/** What a clean-up has to know of everything on the engine, whoever made it. Times are ISO, in UTC. */
export type EngineInventory = {
  readonly containers: readonly ListedContainer[];
  /** Images without a tag. */
  readonly danglingImages: readonly ListedImage[];
  readonly volumes: readonly ListedVolume[];
  readonly networks: readonly ListedNetwork[];
};

type Labels = Readonly<Record<string, string>>;

export type ListedContainer = {
  readonly id: string;
  readonly name: string;
  readonly state: string;
  readonly labels: Labels;
  readonly imageId: string;
  /** null: it never ended. */
  readonly finishedAt: string | null;
  readonly createdAt: string;
  readonly volumes: readonly string[];
  /** Names of the networks that it is in, or would be in again. */
  readonly networks: readonly string[];
  readonly writableBytes: number | null;
};

export type ListedImage = {
  readonly id: string;
  /** Repositories of the registries that it was pulled from; none for one that was built here. */
  readonly pulledFrom: readonly string[];
  readonly labels: Labels;
  readonly createdAt: string;
  readonly bytes: number;
};

export type ListedVolume = {
  readonly name: string;
  readonly labels: Labels;
  /** null: the driver does not say. */
  readonly createdAt: string | null;
};

export type ListedNetwork = {
  readonly id: string;
  readonly name: string;
  readonly labels: Labels;
  readonly createdAt: string;
};

/** Looking at everything on the engine, and removing single things of it. */
export const inventoryOperations = (docker: Docker) => ({
  inventory: async (): Promise<EngineInventory> => {
    try {
      const listed = await docker.listContainers({ all: true, size: true });
      const containers = await Promise.all(listed.map((container) => describeContainer(docker, container)));
      const images = await docker.listImages({ filters: { dangling: ['true'] } });
      const { Volumes } = await docker.listVolumes();
      const networks = await docker.listNetworks();
      return {
        containers: containers.flatMap((container) => container ?? []),
        danglingImages: images.map(({ Id, RepoDigests, Labels, Created, Size }) => ({
          id: Id,
          // Where there is none, this engine says "<none>@<none>".
          pulledFrom: (RepoDigests ?? [])
            .filter((digest) => !digest.startsWith('<none>'))
            .map((digest) => parseImageReference(digest).repository),
          labels: Labels ?? {},
          createdAt: new Date(Created * 1000).toISOString(),
          bytes: Size,
        })),
        volumes: (Volumes ?? []).map((volume) => ({
          name: volume.Name,
          labels: volume.Labels ?? {},
          createdAt: 'CreatedAt' in volume && typeof volume.CreatedAt === 'string' ? volume.CreatedAt : null,
        })),
        networks: networks.map(({ Id, Name, Labels, Created }) => ({
          id: Id,
          name: Name,
          labels: Labels ?? {},
          createdAt: Created,
        })),
      };
    } catch (error) {
      throw dockerFailure('inventory', 'docker', error);
    }
  },

  /**
   * Removes one thing, without force: what is in use by now stays. false: it is used, or was gone already.
   */
  removeUnused: async (kind: 'image' | 'container' | 'network' | 'volume', id: string): Promise<boolean> => {
    try {
      if (kind === 'image') await docker.getImage(id).remove({ force: false });
      if (kind === 'container') await docker.getContainer(id).remove({ force: false, v: false });
      if (kind === 'network') await docker.getNetwork(id).remove();
      if (kind === 'volume') await docker.getVolume(id).remove();
      return true;
    } catch (error) {
      // 409: used by something; 403: a network with containers.
      if ([404, 403, 409].includes(dockerStatus(error) ?? 0)) return false;
      throw dockerFailure('removeUnused', `${kind} ${id}`, error);
    }
  },

  /** Removes the build cache that no image needs; gives the bytes that it freed. */
  pruneBuildCache: async (): Promise<number> => {
    try {
      const pruned = await docker.pruneBuilder();
      return pruned.SpaceReclaimed ?? 0;
    } catch (error) {
      throw dockerFailure('pruneBuildCache', 'docker', error);
    }
  },
});

async function describeContainer(
  docker: Docker,
  { Id, State, Labels, ImageID, Mounts, Created, ...listed }: Docker.ContainerInfo,
): Promise<ListedContainer | null> {
  const found = await docker
    .getContainer(Id)
    .inspect()
    .catch((error: unknown) => {
      if (dockerStatus(error) === 404) return null;
      throw error;
    });
  if (found === null) return null;
  const { FinishedAt } = found.State;
  return {
    id: Id,
    name: found.Name.replace(/^\//, ''),
    state: State,
    labels: Labels,
    imageId: ImageID,
    finishedAt: FinishedAt.startsWith('0001-') ? null : new Date(FinishedAt).toISOString(),
    createdAt: new Date(Created * 1000).toISOString(),
    volumes: Mounts.flatMap(({ Type, Name }) => (Type === 'volume' && Name !== undefined ? [Name] : [])),
    networks: [...Object.keys(found.NetworkSettings.Networks), found.HostConfig.NetworkMode ?? ''],
    writableBytes: 'SizeRw' in listed && typeof listed.SizeRw === 'number' ? listed.SizeRw : null,
  };
}
