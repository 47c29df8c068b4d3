import { realpath, stat } from 'node:fs/promises';
import { disksBelow } from './disks-below.ts';
import { type Mount, mountOf } from './mount-of.ts';

/** The file system that a path is on, and what is below it. */
export interface StoragePlace {
  readonly path: string;
  /** null: nothing is there, or nobody may look. */
  readonly device: number | null;
  /** Such as `sda`; none when the kernel names none (a network share, a ZFS dataset, a container's layers). */
  readonly disks: readonly string[];
  /** null when the kernel does not tell. */
  readonly mount: Mount | null;
}

/** Where the kernel tells about storage. */
export interface KernelViews {
  readonly blockDevices: string;
  readonly mountInfo: string;
  /** The number of the block device that has this path; null when it has none. */
  readonly blockDevice: (path: string) => Promise<number | null>;
}

const KERNEL: KernelViews = {
  blockDevices: '/sys/dev/block',
  mountInfo: '/proc/self/mountinfo',
  blockDevice: async (path) => {
    const found = await stat(path).catch(() => null);
    return found?.isBlockDevice() === true ? found.rdev : null;
  },
};

/** Looks where a path lies. Changes nothing; what is not there is an answer. */
export async function storagePlace(path: string, views: KernelViews = KERNEL): Promise<StoragePlace> {
  const device = await stat(path).then(
    ({ dev }) => dev,
    () => null,
  );
  if (device === null) return { path, device, disks: [], mount: null };
  const mount = await mountOf(await realpath(path), views.mountInfo);
  const disks = await disksBelow(device, views.blockDevices);
  if (disks.length > 0 || mount === null || !mount.source.startsWith('/'))
    return { path, device, disks, mount };
  // btrfs has device numbers of its own, and was mounted from one of its disks.
  const below = await views.blockDevice(mount.source);
  return { path, device, disks: below === null ? [] : await disksBelow(below, views.blockDevices), mount };
}

/**
 * Why a second copy of the backups is lost together with the first one, or nobody can tell; null when it is on storage of
 * its own, as far as this host can see. `system` is the root file system: a disk that is not mounted leaves its empty
 * folder there.
 */
export function whyNotApart(
  external: StoragePlace,
  others: readonly StoragePlace[],
  system: StoragePlace,
): string | null {
  const { path, device, disks } = external;
  if (device === null) return `${path} is not there, or may not be looked at`;
  const same = others.find((other) => isSameFileSystem(external, other));
  if (same !== undefined) return `${path} is on the same file system as ${same.path}`;
  if (device === system.device) return `nothing is mounted at ${path}: it is on the system's own file system`;
  for (const other of others) {
    const shared = disks.filter((disk) => other.disks.includes(disk));
    if (shared.length > 0)
      return `${path} is on the same disk (${shared.join(', ')}) as ${other.path}, in another partition or volume`;
  }
  if (disks.length > 0) return null;
  const store = storeOf(external.mount);
  if (store === null)
    return `nobody can tell from here which disk ${path} is on (${external.mount?.type ?? 'unknown file system'})`;
  const beside = others.find(({ mount }) => storeOf(mount) === store);
  return beside === undefined ? null : `${path} is on the same ${store} as ${beside.path}`;
}

/** Subvolumes of one btrfs have different device numbers. */
function isSameFileSystem(one: StoragePlace, other: StoragePlace): boolean {
  if (one.device === other.device) return true;
  return one.mount !== null && one.mount.fileSystem === other.mount?.fileSystem;
}

/** What a file system without a disk of this host is lost with: a pool of ZFS, a server. */
function storeOf(mount: Mount | null): string | null {
  if (mount === null) return null;
  if (mount.type === 'zfs') return `ZFS pool (${mount.source.split('/')[0]})`;
  const server = /^\/\/([^/]+)\/|^([^/]+):/.exec(mount.source);
  const name = server?.[1] ?? server?.[2];
  return name === undefined ? null : `server (${name})`;
}
