import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { checkoutRoot } from './instance.ts';

const sources = ['activities', 'bin', 'client', 'config', 'workers', 'workflows'];
const settings = ['package-lock.json', 'tsconfig.json', 'tsconfig.build.json'];

/** Whether dist was built from exactly the sources that are there now. */
export async function buildIsCurrent(root = checkoutRoot): Promise<boolean> {
  if (!existsSync(stampOf(root))) return false;
  return (await readFile(stampOf(root), 'utf8')) === (await sourcesHash(root));
}

/** Notes which sources dist was built from. */
export async function stampBuild(root = checkoutRoot): Promise<void> {
  await writeFile(stampOf(root), await sourcesHash(root));
}

async function sourcesHash(root: string): Promise<string> {
  const hash = createHash('sha256').update(process.version);
  for (const file of [...settings, ...(await filesBelow(root))].sort()) {
    hash.update(`\n${file}\n`).update(await readFile(join(root, file)));
  }
  return hash.digest('hex');
}

async function filesBelow(root: string): Promise<string[]> {
  const files: string[] = [];
  for (const folder of sources.filter((name) => existsSync(join(root, name)))) {
    const entries = await readdir(join(root, folder), { recursive: true, withFileTypes: true });
    const inFolder = entries.filter((entry) => entry.isFile());
    files.push(...inFolder.map((entry) => join(entry.parentPath, entry.name).slice(root.length + 1)));
  }
  return files;
}

function stampOf(root: string): string {
  return join(root, 'dist', '.sources-hash');
}
