import { stat, statfs } from 'node:fs/promises';

/** How full a file system is. `usedPercent` as `df` counts: of what ordinary users may use, rounded up. */
export interface FileSystemUse {
  usedPercent: number;
  freeBytes: number;
  totalBytes: number;
  /** Its number: two places with the same one share their room. */
  device: number;
}

/** Of the file system that a path is on. */
export async function fileSystemUse(path: string): Promise<FileSystemUse> {
  const { blocks, bfree, bavail, bsize } = await statfs(path);
  const used = blocks - bfree;
  const usable = used + bavail;
  const usedPercent = usable === 0 ? 100 : Math.ceil((used / usable) * 100);
  return {
    usedPercent,
    freeBytes: bavail * bsize,
    totalBytes: blocks * bsize,
    device: (await stat(path)).dev,
  };
}
