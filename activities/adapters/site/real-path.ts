import { realpath } from 'node:fs/promises';
import path from 'node:path';

/** A path with every link in it followed. What is not there, or may not be looked into, keeps the name that it has. */
export async function realPath(file: string): Promise<string> {
  const parent = path.dirname(file);
  try {
    return await realpath(file);
  } catch {
    return parent === file ? file : path.join(await realPath(parent), path.basename(file));
  }
}

/** Whoever mounts something, with each source as the path that it leads to; a source of a volume without a place stays. */
export function withRealMounts<Mounting extends { readonly mounts: readonly { readonly source: string }[] }>(
  mounting: readonly Mounting[],
): Promise<Mounting[]> {
  return Promise.all(
    mounting.map(async (one) => ({
      ...one,
      mounts: await Promise.all(
        one.mounts.map(async (mount) => ({
          ...mount,
          source: path.isAbsolute(mount.source) ? await realPath(mount.source) : mount.source,
        })),
      ),
    })),
  );
}
