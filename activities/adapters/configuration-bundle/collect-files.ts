import { lstat, readdir, readlink, realpath } from 'node:fs/promises';
import path from 'node:path';
import { type BundleSource, type Excluded, type LeftOut, whyExcluded } from './bundle-source.ts';
import { ABSENT, readWhole, type WholeFile, whyUnread } from './read-whole.ts';

/** A file with its content, under the path that names it on the host. */
export interface CollectedFile extends WholeFile {
  path: string;
  /** Where it lies, when its path is, or leads over, a link. */
  behindLink?: string;
}

/** A link; its target is kept as it stands. */
export interface CollectedLink {
  path: string;
  target: string;
  /** Where the link itself was read. */
  real: string;
  /** Whom the link belongs to. */
  uid: number;
}

/** What was read, and what was not. Only ever in memory. */
export interface Collected {
  files: CollectedFile[];
  links: CollectedLink[];
  leftOut: LeftOut[];
  /** How much each source gave. */
  taken: { what: string; path: string; files: number; bytes: number }[];
}

/** Limits of one collection. */
export interface CollectOptions {
  excluded: readonly Excluded[];
  /** Of one source; a larger one is left out, or gives only the files that it names instead. */
  mostBytes: number;
  signal: AbortSignal;
}

/** Reads every source; whatever cannot be taken is in `leftOut`, with the reason. */
export async function collectFiles(
  sources: readonly BundleSource[],
  options: CollectOptions,
): Promise<Collected> {
  const all: Collected = { files: [], links: [], leftOut: [], taken: [] };
  for (const source of sources) {
    const found = await collectOne(source, options);
    const { insteadIfTooLarge } = source;
    if (found === null && insteadIfTooLarge !== undefined) {
      const names = insteadIfTooLarge.map((file) => path.basename(file)).join(' and ');
      const why = `${source.what}: more than ${options.mostBytes} bytes, so only ${names} of it`;
      all.leftOut.push({ path: source.path, why: `${why}; ${RAISE}` });
      for (const file of insteadIfTooLarge) {
        add(all, source, await collectOne({ ...source, path: file, need: 'if there' }, options));
      }
    } else if (found === null) {
      all.leftOut.push({ path: source.path, why: `more than ${options.mostBytes} bytes; ${RAISE}` });
    } else add(all, source, found);
  }
  return all;
}

const RAISE = 'raise bundle.maxFolderMegabytes to take all of it';

/** What was found at one place. */
export type Found = Pick<Collected, 'files' | 'links' | 'leftOut'>;

/** null: too large. */
async function collectOne(source: BundleSource, options: CollectOptions): Promise<Found | null> {
  const found: Found = { files: [], links: [], leftOut: [] };
  // A source that is a link (a release's current one) stands for what it points to, as it does for compose.
  const real = await realpath(source.path).catch((error: unknown) => {
    const why = whyUnread(error);
    if (source.need !== 'if there' || why !== ABSENT) found.leftOut.push({ path: source.path, why });
    return null;
  });
  if (real === null) return found;
  const budget = { left: options.mostBytes };
  await take({ real, shown: source.path }, found, budget, options);
  return budget.left < 0 ? null : found;
}

/** One thing to take. */
export interface Place {
  /** Where it is read. */
  real: string;
  /** Under which path it is known. */
  shown: string;
}

/** Takes a file, or a folder with all that is in it, until the budget is used up. */
export async function take(
  place: Place,
  found: Found,
  budget: { left: number },
  options: CollectOptions,
): Promise<void> {
  options.signal.throwIfAborted();
  if (budget.left < 0) return;
  const { real, shown } = place;
  const out = (why: string) => void found.leftOut.push({ path: shown, why });
  const why = whyExcluded(options.excluded, shown) ?? whyExcluded(options.excluded, real);
  if (why !== undefined) return out(why);
  const stat = await lstat(real).catch(whyUnread);
  if (typeof stat === 'string') return out(stat);
  if (stat.isSymbolicLink()) {
    found.links.push({ path: shown, target: await readlink(real), real, uid: stat.uid });
  } else if (stat.isFile()) {
    budget.left -= stat.size;
    if (budget.left < 0) return;
    const file = await readWhole(real, options.mostBytes);
    if (typeof file === 'string') return out(file);
    found.files.push({ path: shown, ...file });
  } else if (stat.isDirectory()) {
    const names = await namesIn(real, out);
    for (const name of names)
      await take({ real: path.join(real, name), shown: path.join(shown, name) }, found, budget, options);
  } else out('not a regular file (a socket, a pipe or a device)');
}

async function namesIn(folder: string, out: (why: string) => void): Promise<string[]> {
  const raw = await readdir(folder, { encoding: 'buffer' }).catch(whyUnread);
  if (typeof raw === 'string') {
    out(raw);
    return [];
  }
  const names = raw.map((bytes) => bytes.toString('utf8'));
  const odd = names.filter((name, index) => !Buffer.from(name).equals(raw[index] ?? Buffer.alloc(0)));
  if (odd.length > 0) out(`${odd.length} names in it are not UTF-8: those are not taken`);
  return names.filter((name) => !odd.includes(name)).sort();
}

/** The same file can come from two sources: a folder and a file in it. The first one counts. */
function add(all: Collected, { what, path: from }: BundleSource, found: Found | null): void {
  if (found === null) return;
  const isNew = ({ path: one }: { path: string }) =>
    ![...all.files, ...all.links].some((it) => it.path === one);
  const files = found.files.filter(isNew);
  all.files.push(...files);
  all.links.push(...found.links.filter(isNew));
  all.leftOut.push(...found.leftOut);
  const bytes = files.reduce((sum, { content }) => sum + content.length, 0);
  if (files.length > 0) all.taken.push({ what, path: from, files: files.length, bytes });
}
