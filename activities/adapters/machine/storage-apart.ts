import { realpath, stat } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { exists } from '../data-owner/files/durable-file.ts';

/** The file system that a path is on, and the disk below it. */
export interface StoragePlace {
  readonly path: string;
  /** null: nothing is there, or nobody may look. */
  readonly device: number | null;
  /** Such as `sda`; null when the kernel names none (a network share, a container's layers). */
  readonly disk: string | null;
}

/** Looks where a path lies. Changes nothing; what is not there is an answer. */
export async function storagePlace(path: string, blockDevices = '/sys/dev/block'): Promise<StoragePlace> {
  const device = await stat(path).then(
    ({ dev }) => dev,
    () => null,
  );
  if (device === null) return { path, device, disk: null };
  // As the kernel's makedev packs them for programs.
  const number = BigInt(device);
  const major = ((number >> 8n) & 0xfffn) | ((number >> 32n) & 0xfffff000n);
  const minor = (number & 0xffn) | ((number >> 12n) & 0xffffff00n);
  const entry = await realpath(join(blockDevices, `${major}:${minor}`)).catch(() => null);
  if (entry === null) return { path, device, disk: null };
  const isPartition = await exists(join(entry, 'partition'));
  return { path, device, disk: basename(isPartition ? dirname(entry) : entry) };
}

/**
 * Why a second copy of the backups is lost together with the first one; null when it is on storage of its own, as far as
 * this host can see. `system` is the root file system: a disk that is not mounted leaves its empty folder there.
 */
export function whyNotApart(
  external: StoragePlace,
  others: readonly StoragePlace[],
  system: StoragePlace,
): string | null {
  if (external.device === null) return `${external.path} is not there, or may not be looked at`;
  const same = others.find(({ device }) => device === external.device);
  if (same !== undefined) return `${external.path} is on the same file system as ${same.path}`;
  if (external.device === system.device)
    return `nothing is mounted at ${external.path}: it is on the system's own file system`;
  const beside = others.find(({ disk }) => disk !== null && disk === external.disk);
  return beside === undefined
    ? null
    : `${external.path} is on the same disk (${external.disk}) as ${beside.path}, in another partition`;
}
