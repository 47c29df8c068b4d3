import type Docker from 'dockerode';
import { dockerFailure } from './failure.ts';

/** The engine itself. `liveRestore` false: containers stop when the engine is restarted. */
export type EngineInfo = {
  readonly version: string;
  readonly apiVersion: string;
  readonly storageDriver: string;
  readonly dataFolder: string;
  readonly liveRestore: boolean;
  readonly containersRunning: number;
};

/** What the engine's data takes on disk. `reclaimable`: of images and containers that nothing uses. */
export type EngineDiskUsage = {
  readonly imagesBytes: number;
  readonly reclaimableImagesBytes: number;
  readonly containersBytes: number;
  readonly volumesBytes: number;
  readonly buildCacheBytes: number;
};

/** Questions to the engine as a whole. */
export const engineOperations = (docker: Docker) => ({
  /** Throws `ENGINE_DOWN` or `ENGINE_NOT_PERMITTED` when it does not answer. */
  engineInfo: async (): Promise<EngineInfo> => {
    try {
      const info: InfoAnswer = await docker.info();
      const version = await docker.version();
      return {
        version: version.Version,
        apiVersion: version.ApiVersion,
        storageDriver: info.Driver ?? '',
        dataFolder: info.DockerRootDir ?? '',
        liveRestore: info.LiveRestoreEnabled ?? false,
        containersRunning: info.ContainersRunning ?? 0,
      };
    } catch (error) {
      throw dockerFailure('engineInfo', 'docker', error);
    }
  },

  /** Whether it can limit the memory of a container: not without the memory controller of the kernel. */
  canLimitMemory: async (): Promise<boolean> => {
    try {
      const info: InfoAnswer = await docker.info();
      return info.MemoryLimit ?? false;
    } catch (error) {
      throw dockerFailure('canLimitMemory', 'docker', error);
    }
  },

  /** As `docker system df`; may take seconds on a large engine. */
  diskUsage: async (): Promise<EngineDiskUsage> => {
    try {
      const usage: DiskUsageAnswer = await docker.df();
      const images = usage.Images ?? [];
      return {
        imagesBytes: usage.LayersSize ?? 0,
        reclaimableImagesBytes: sum(
          images.map(({ Containers, Size }) => (Containers === 0 ? (Size ?? 0) : 0)),
        ),
        containersBytes: sum((usage.Containers ?? []).map(({ SizeRw }) => SizeRw ?? 0)),
        volumesBytes: sum((usage.Volumes ?? []).map(({ UsageData }) => Math.max(0, UsageData?.Size ?? 0))),
        buildCacheBytes: sum((usage.BuildCache ?? []).map(({ Size }) => Size ?? 0)),
      };
    } catch (error) {
      throw dockerFailure('diskUsage', 'docker', error);
    }
  },
});

type InfoAnswer = {
  Driver?: string;
  DockerRootDir?: string;
  LiveRestoreEnabled?: boolean;
  ContainersRunning?: number;
  MemoryLimit?: boolean;
};

type DiskUsageAnswer = {
  LayersSize?: number;
  Images?: { Containers?: number; Size?: number }[] | null;
  Containers?: { SizeRw?: number }[] | null;
  Volumes?: { UsageData?: { Size?: number } }[] | null;
  BuildCache?: { Size?: number }[] | null;
};

const sum = (numbers: readonly number[]): number => numbers.reduce((total, number) => total + number, 0);
