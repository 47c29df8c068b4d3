import { createHash } from 'node:crypto';
import { readdir, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';

/** Hash of files and folders (names, executable bits and bytes) and of extra words; the first twelve hex digits. */
export async function contentHash(paths: readonly string[], ...words: readonly string[]): Promise<string> {
  const hash = createHash('sha256');
  for (const path of paths) {
    for (const file of await filesBelow(path)) {
      const { mode } = await stat(file);
      hash.update(`${file.slice(path.length)}\0${mode & 0o111}\0`).update(await readFile(file));
    }
  }
  for (const word of words) hash.update(`\0${word}`);
  return hash.digest('hex').slice(0, 12);
}

async function filesBelow(path: string): Promise<string[]> {
  if (!(await stat(path)).isDirectory()) return [path];
  const entries = await readdir(path, { recursive: true, withFileTypes: true });
  return entries
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
    .toSorted();
}
