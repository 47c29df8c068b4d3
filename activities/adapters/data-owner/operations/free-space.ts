import { statfs } from 'node:fs/promises';

/** Free space for ordinary users and total size of the file system that holds `path`, in bytes. Changes nothing. */
export async function freeSpace({
  path,
}: {
  path: string;
}): Promise<{ freeBytes: number; totalBytes: number }> {
  const { bavail, blocks, bsize } = await statfs(path);
  return { freeBytes: bavail * bsize, totalBytes: blocks * bsize };
}
