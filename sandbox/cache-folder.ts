import { mkdir } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join } from 'node:path';

/** Folder outside the checkout for what is slow to make again (seed, lock files); created when missing. */
export async function cacheFolder(): Promise<string> {
  const folder = join(process.env['XDG_CACHE_HOME'] ?? join(homedir(), '.cache'), 'fdts-ops');
  await mkdir(folder, { recursive: true });
  return folder;
}
