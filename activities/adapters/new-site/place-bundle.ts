import {
  chmod,
  chown,
  lstat,
  mkdir,
  readFile,
  readlink,
  rename,
  rm,
  rmdir,
  symlink,
  writeFile,
} from 'node:fs/promises';
import path from 'node:path';
import { isWithin } from '../configuration-bundle/bundle-source.ts';
import { type BundleEntry, FILES } from '../configuration-bundle/bundle-tar.ts';
import { readBundle } from '../configuration-bundle/read-bundle.ts';
import type { OperationContext } from '../data-owner/child-messages.ts';
import { writeDurably } from '../data-owner/files/durable-file.ts';
import { explainFailure } from '../data-owner/files/explain-failure.ts';
import { OperationError } from '../operation-error.ts';

/** Which bundle, what opens it, and where its files may be placed. Full paths. */
export interface BundlePlaces {
  bundle: string;
  identityFile: string | null;
  passphraseFile: string | null;
  /** Files and folders that this host's own configuration names: nothing is placed elsewhere. */
  roots: readonly string[];
  /** Never placed: this host has its own. */
  keep: readonly string[];
}

/** What placing a bundle would do; paths and facts only. */
export interface BundlePlan {
  createdAt: string;
  sha256: string;
  facts: Record<string, unknown>;
  /** Not there yet. */
  toPlace: string[];
  /** There with the same content. */
  same: number;
  /** There with another content. */
  differing: string[];
  /** Outside of what the configuration names: for a person to place. */
  outside: string[];
}

/** Reads a bundle and compares it with what is there. Changes nothing. */
export async function planPlacing(args: BundlePlaces, _context: OperationContext): Promise<BundlePlan> {
  try {
    return (await comparePlaces(args)).plan;
  } catch (cause) {
    throw explainFailure('planPlacing', cause, args.bundle);
  }
}

/** Where a placing writes down what it does: in a folder that is root's alone. */
export interface Placing extends BundlePlaces {
  record: string;
  runId: string;
}

/** What a placing did, written down before it is done. */
interface Placed {
  runId: string;
  files: string[];
  folders: string[];
  aside: { from: string; to: string }[];
}

/**
 * Places the files of a bundle under their paths, as root, with owner and mode. What is there with another content is
 * renamed beside, never overwritten. Each is written down first, so that `takeBackPlaced` takes back whatever a kill left.
 * Repeating it goes on.
 */
export async function placeBundle(args: Placing, _context: OperationContext): Promise<{ placed: number }> {
  const { record, runId } = args;
  try {
    const { plan, contents } = await comparePlaces(args);
    const before = await readRecord(record);
    const placed: Placed = before ?? { runId, files: [], folders: [], aside: [] };
    for (const file of [...plan.toPlace, ...plan.differing]) {
      placed.folders.push(...(await missingFolders(path.dirname(file))));
      if (plan.differing.includes(file)) placed.aside.push({ from: file, to: `${file}.before-${runId}` });
      placed.files.push(file);
    }
    await writeDurably(record, JSON.stringify(placed));
    for (const folder of placed.folders) await mkdirOnce(folder);
    for (const { from, to } of placed.aside)
      if (!(await exists(to)) && (await exists(from))) await rename(from, to);
    for (const file of [...plan.toPlace, ...plan.differing]) await contents.get(file)?.(file);
    return { placed: placed.files.length };
  } catch (cause) {
    throw explainFailure('placeBundle', cause, args.bundle);
  }
}

/** Takes back what was placed; what lay there before gets its name again. Safe to repeat, also when nothing was placed. */
export async function takeBackPlaced(
  { record }: { record: string },
  _context: OperationContext,
): Promise<null> {
  try {
    const placed = await readRecord(record);
    if (placed === undefined) return null;
    for (const file of placed.files.toReversed()) {
      const aside = placed.aside.find(({ from }) => from === file);
      await rm(`${file}.placing`, { force: true });
      if (aside === undefined) await rm(file, { force: true });
      else if (await exists(aside.to)) await rename(aside.to, file);
    }
    for (const folder of placed.folders.toReversed()) await rmdir(folder).catch(() => undefined);
    await rm(record, { force: true });
    return null;
  } catch (cause) {
    throw explainFailure('takeBackPlaced', cause, record);
  }
}

type Write = (file: string) => Promise<void>;

async function comparePlaces(
  args: BundlePlaces,
): Promise<{ plan: BundlePlan; contents: Map<string, Write> }> {
  const key = { ...args, passphrase: null };
  const { inventory, entries, sha256 } = await readBundle(args.bundle, key);
  const { createdAt, facts } = inventory;
  const plan: BundlePlan = { createdAt, sha256, facts, toPlace: [], same: 0, differing: [], outside: [] };
  const contents = new Map<string, Write>();
  for (const entry of entries) {
    const file = entry.name.slice(FILES.length);
    requirePlain(args.bundle, file);
    if (args.keep.includes(file)) continue;
    if (!args.roots.some((root) => isWithin(file, root))) {
      plan.outside.push(file);
      continue;
    }
    const known = inventory.files.find((one) => one.path === file);
    contents.set(file, async (to) => {
      // A kill leaves the whole file or none.
      const part = `${to}.placing`;
      await rm(part, { force: true });
      if (entry.type === 'link') await symlink(entry.target, part);
      else {
        await writeFile(part, entry.content, { flag: 'wx', mode: 0o600 });
        await chown(part, known?.uid ?? 0, known?.gid ?? 0);
        await chmod(part, entry.mode & 0o7777);
      }
      await rename(part, to);
    });
    const there = await lstat(file).catch(() => null);
    if (there === null) plan.toPlace.push(file);
    else if (await isSame(file, entry)) plan.same += 1;
    else plan.differing.push(file);
  }
  return { plan, contents };
}

async function isSame(file: string, entry: BundleEntry): Promise<boolean> {
  const there = await lstat(file);
  if (entry.type === 'link') return there.isSymbolicLink() && (await readlink(file)) === entry.target;
  return there.isFile() && (await readFile(file)).equals(entry.content);
}

function requirePlain(bundle: string, file: string): void {
  if (path.isAbsolute(file) && path.normalize(file) === file && !file.endsWith('/') && !file.includes('\0'))
    return;
  throw new OperationError({
    code: 'BUNDLE_BROKEN',
    operation: 'placeBundle',
    target: bundle,
    cause: 'a name in it is no plain path; nothing was placed',
    hint: 'Take the copy on external storage, or an older bundle.',
    retryable: false,
  });
}

async function missingFolders(folder: string): Promise<string[]> {
  const found = await lstat(folder).catch(() => null);
  if (found?.isDirectory() === true) return [];
  // A link in the way would lead what is placed elsewhere.
  if (found !== null) throw Object.assign(new Error(`${folder} is a link or a file`), { code: 'ENOTDIR' });
  return [...(await missingFolders(path.dirname(folder))), folder];
}

async function mkdirOnce(folder: string): Promise<void> {
  if (await exists(folder)) return;
  await mkdir(folder);
  await chmod(folder, 0o755);
}

async function exists(file: string): Promise<boolean> {
  return (await lstat(file).catch(() => null)) !== null;
}

async function readRecord(record: string): Promise<Placed | undefined> {
  const text = await readFile(record, 'utf8').catch(() => undefined);
  return text === undefined ? undefined : JSON.parse(text);
}
