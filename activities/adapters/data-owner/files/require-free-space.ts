import { OperationError } from '../../operation-error.ts';
import { freeSpace } from '../operations/free-space.ts';

/** What stays free on the disk of the live data for the app, which goes on writing there. */
export const SPARE_FOR_APP = 128 << 20;

/** Throws DISK_FULL before anything is written when the file system of `folder` has less than `bytes` free. */
export async function requireFreeSpace(operation: string, folder: string, bytes: number): Promise<void> {
  const { freeBytes } = await freeSpace({ path: folder });
  if (freeBytes >= bytes) return;
  throw new OperationError({
    code: 'DISK_FULL',
    operation,
    target: folder,
    cause: `needs ${mebibytes(bytes)} MiB free in the worst case, has ${mebibytes(freeBytes)} MiB`,
    hint: 'free space on this file system or choose another folder, then start again; nothing was written',
    retryable: false,
  });
}

function mebibytes(bytes: number): number {
  return Math.ceil(bytes / 1_048_576);
}
