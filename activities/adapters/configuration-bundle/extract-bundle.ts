import { constants } from 'node:fs';
import { lstat, mkdir, open, readdir, rm, symlink, utimes } from 'node:fs/promises';
import { dirname, join, posix } from 'node:path';
import { explainFailure } from '../data-owner/files/explain-failure.ts';
import { OperationError } from '../operation-error.ts';
import { brokenBundle } from './bundle-errors.ts';
import type { BundleInventory } from './bundle-inventory.ts';
import { type BundleEntry, FILES, INVENTORY } from './bundle-tar.ts';
import type { CheckedBundle } from './check-bundle.ts';

/** What lies in the folder now. */
export interface Extracted {
  folder: string;
  files: number;
  links: number;
  /** Links that would lead out of the folder, as `path -> target`: not made. */
  linksNotMade: string[];
}

const operation = 'bundle extract';

/**
 * Writes a checked bundle into a folder that is new or empty, with each file's mode. Whoever has the public key can make a
 * bundle, so every name is looked at first, nothing that is there is overwritten or followed, and links come last. What
 * was written is removed again when it fails, since it is in clear.
 */
export async function extractBundle(
  bundle: string,
  { inventory, entries }: CheckedBundle,
  folder: string,
): Promise<Extracted> {
  for (const { name } of entries) requireInside(bundle, name);
  await requireEmpty(folder);
  try {
    const files = entries.filter(({ type }) => type === 'file');
    await writeNew(join(folder, INVENTORY), textOf(inventory), 0o600);
    for (const file of files) await writeEntry(folder, file);
    const links = entries.filter(({ type }) => type === 'link');
    const inside = links.filter(staysInside);
    for (const { name, target } of inside) {
      await mkdir(dirname(join(folder, name)), { recursive: true, mode: 0o700 });
      await symlink(target, join(folder, name));
    }
    const outside = links.filter((link) => !staysInside(link));
    const linksNotMade = outside.map(({ name, target }) => `${name.slice(FILES.length)} -> ${target}`);
    return { folder, files: files.length, links: inside.length, linksNotMade };
  } catch (cause) {
    for (const name of await readdir(folder).catch(() => []))
      await rm(join(folder, name), { recursive: true, force: true });
    throw explainFailure(operation, cause, folder);
  }
}

function requireInside(bundle: string, name: string): void {
  const isPlain = name.startsWith(`${FILES}/`) && posix.normalize(name) === name && !name.includes('\0');
  if (isPlain && !name.split('/').includes('..') && !name.endsWith('/')) return;
  throw brokenBundle(bundle, 'a name in it leads out of its folder; nothing was written');
}

async function requireEmpty(folder: string): Promise<void> {
  try {
    await mkdir(folder, { mode: 0o700 });
  } catch (cause) {
    const isFolder = (await lstat(folder).catch(() => null))?.isDirectory() === true;
    if (isFolder && (await readdir(folder)).length === 0) return;
    if (!isFolder) throw explainFailure(operation, cause, folder);
    throw new OperationError({
      code: 'ALREADY_EXISTS',
      operation,
      target: folder,
      cause: 'the folder is not empty',
      hint: 'give a folder that does not exist yet; nothing is overwritten',
      retryable: false,
    });
  }
}

async function writeEntry(folder: string, { name, content, mode, mtime }: BundleEntry): Promise<void> {
  const file = join(folder, name);
  await mkdir(dirname(file), { recursive: true, mode: 0o700 });
  await writeNew(file, content, mode);
  await utimes(file, mtime, mtime);
}

async function writeNew(file: string, content: Buffer, mode: number): Promise<void> {
  const flags = constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL | constants.O_NOFOLLOW;
  const handle = await open(file, flags, 0o600);
  try {
    await handle.writeFile(content);
    await handle.chmod(mode);
    await handle.sync();
  } finally {
    await handle.close();
  }
}

function textOf(inventory: BundleInventory): Buffer {
  return Buffer.from(`${JSON.stringify(inventory, undefined, 1)}\n`);
}

/** Whether a link's target is relative and stays below `files/`. */
function staysInside({ name, target }: BundleEntry): boolean {
  if (target === '' || target.startsWith('/') || target.includes('\0')) return false;
  return posix.join(dirname(name), target).startsWith(`${FILES}/`);
}
