import { lstat, readdir } from 'node:fs/promises';
import { join } from 'node:path';

/** One name in a folder. */
export interface FolderEntry {
  name: string;
  kind: 'file' | 'folder' | 'other';
  bytes: number;
  /** UTC, ISO 8601. */
  modifiedAt: string;
}

/** Everything that lies directly in a folder, by name. Changes nothing. */
export async function lookAtFolder({ directory }: { directory: string }): Promise<FolderEntry[]> {
  const names = (await readdir(directory)).sort();
  const entries = await Promise.all(
    names.map(async (name): Promise<FolderEntry | null> => {
      // What vanishes meanwhile was not there.
      const stat = await lstat(join(directory, name)).catch(() => null);
      if (stat === null) return null;
      const kind = stat.isFile() ? 'file' : stat.isDirectory() ? 'folder' : 'other';
      return { name, kind, bytes: stat.size, modifiedAt: stat.mtime.toISOString() };
    }),
  );
  return entries.filter((entry) => entry !== null);
}
