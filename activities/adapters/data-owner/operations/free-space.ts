import { type FileSystemUse, fileSystemUse } from '../../file-system-use.ts';

/** Free space for ordinary users and total size of the file system that holds `path`, in bytes. Changes nothing. */
export async function freeSpace({ path }: { path: string }): Promise<FileSystemUse> {
  return fileSystemUse(path);
}
