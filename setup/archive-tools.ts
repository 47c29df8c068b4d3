import { access, constants } from 'node:fs/promises';
import { delimiter, join } from 'node:path';
import { ensureDebianPackages } from './debian-packages.ts';

/** What makes the archives that the reader is tried on: the site's script, and the archivers that a person may use. */
const tools = [
  { program: 'sqlite3', package: 'sqlite3' },
  { program: 'bsdtar', package: 'libarchive-tools' },
  { program: 'python3', package: 'python3' },
];

/** Installs those of them that are missing, wherever the others come from. */
export async function ensureArchiveTools(): Promise<void> {
  const missing: string[] = [];
  for (const tool of tools) if (!(await isOnPath(tool.program))) missing.push(tool.package);
  if (missing.length > 0) await ensureDebianPackages(missing, 'The tests of foreign archives');
}

async function isOnPath(program: string): Promise<boolean> {
  for (const folder of (process.env['PATH'] ?? '').split(delimiter)) {
    const isThere = await access(join(folder, program), constants.X_OK).then(
      () => true,
      () => false,
    );
    if (isThere) return true;
  }
  return false;
}
