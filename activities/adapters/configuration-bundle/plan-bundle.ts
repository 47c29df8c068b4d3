import path from 'node:path';
import type { OperationContext } from '../data-owner/child-messages.ts';
import { OperationError } from '../operation-error.ts';
import { bundleKey, type KeyConfig } from './bundle-key.ts';
import type { BundleSource, Excluded, LeftOut } from './bundle-source.ts';
import { type Collected, collectFiles } from './collect-files.ts';
import { followLinks } from './follow-links.ts';
import { namedInCompose } from './named-in-compose.ts';

/** What is to be read: the sources that the project names, and the compose files that may name more. */
export interface CollectPlan {
  sources: readonly BundleSource[];
  /** Already left out when the sources were chosen. */
  leftOut: readonly LeftOut[];
  excluded: readonly Excluded[];
  composeFiles: readonly string[];
  mostBytes: number;
}

/** What a bundle would hold now; only names and counts. */
export interface PlannedBundle {
  taken: Collected['taken'];
  files: number;
  bytes: number;
  leftOut: LeftOut[];
  /** Without these no bundle can be made. */
  missing: LeftOut[];
  /** Named by `bundle.paths`, and not taken. */
  askedInVain: LeftOut[];
  /** Links whose targets are not in it although they exist. */
  unfollowed: LeftOut[];
}

/** Reads everything that a bundle would take, and forgets it: what cannot be read shows before anything is changed. */
export async function planBundle(
  args: CollectPlan & { key: KeyConfig },
  context: OperationContext,
): Promise<PlannedBundle> {
  // Throws when the key cannot be used.
  await bundleKey(args.key);
  const { files, links, taken, leftOut, missing, unfollowed } = await collectPlan(args, context);
  const asked = args.sources.filter(({ need }) => need === 'asked');
  return {
    taken,
    files: files.length + links.length,
    bytes: files.reduce((sum, { content }) => sum + content.length, 0),
    leftOut,
    missing,
    unfollowed,
    askedInVain: leftOut.filter((out) => asked.some((source) => source.path === out.path)),
  };
}

/** More than this in one bundle is no configuration, and would not fit into memory beside FDTS. */
const MOST_IN_ALL = 256 * 1024 * 1024;

/** Reads the sources, and what the compose files name besides. */
export async function collectPlan(
  plan: CollectPlan,
  { signal }: OperationContext,
): Promise<Collected & { missing: LeftOut[]; unfollowed: LeftOut[] }> {
  const options = { ...plan, signal };
  const first = await collectFiles(plan.sources, options);
  const more = await collectFiles(await namedBesides(plan, first, options), options);
  const all = await followLinks(
    {
      files: withoutRepeats([...first.files, ...more.files]),
      links: withoutRepeats([...first.links, ...more.links]),
      leftOut: withoutRepeats([...plan.leftOut, ...first.leftOut, ...more.leftOut]),
      taken: withoutRepeats([...first.taken, ...more.taken]),
    },
    options,
  );
  const bytes = all.files.reduce((sum, { content }) => sum + content.length, 0);
  if (bytes > MOST_IN_ALL) throw tooLarge(bytes);
  const must = plan.sources.filter(({ need }) => need === 'must').map((source) => source.path);
  const has = new Set(all.files.map((file) => file.path));
  const missing = must
    .filter((file) => !has.has(file))
    .map((file) => all.leftOut.find((out) => out.path === file) ?? { path: file, why: 'not a regular file' });
  return { ...all, missing };
}

/** Compose files may name compose files: until no new one comes. */
async function namedBesides(
  { composeFiles }: CollectPlan,
  first: Collected,
  options: Parameters<typeof collectFiles>[1],
): Promise<BundleSource[]> {
  const folder = path.dirname(composeFiles[0] ?? '/');
  const found: BundleSource[] = [
    { what: 'environment of compose', path: path.join(folder, '.env'), need: 'if there' },
  ];
  const texts = new Map(first.files.map(({ path: file, content }) => [file, content]));
  const open = [...composeFiles];
  for (const file of open) {
    const content = texts.get(file) ?? (await contentOf(file, options));
    if (content === undefined) continue;
    const named = namedInCompose(content.toString('utf8'), file, folder);
    found.push(...named.sources);
    first.leftOut.push(...named.leftOut);
    open.push(...named.composeFiles.filter((other) => !open.includes(other)));
  }
  return found;
}

async function contentOf(
  file: string,
  options: Parameters<typeof collectFiles>[1],
): Promise<Buffer | undefined> {
  const source: BundleSource = { what: 'included compose file', path: file, need: 'if there' };
  return (await collectFiles([source], options)).files[0]?.content;
}

function withoutRepeats<Named extends { path: string }>(items: readonly Named[]): Named[] {
  const seen = new Set<string>();
  return items.filter(({ path: one }) => !seen.has(one) && seen.add(one));
}

function tooLarge(bytes: number): OperationError {
  return new OperationError({
    code: 'BUNDLE_TOO_LARGE',
    operation: 'planBundle',
    target: 'the configuration',
    cause: `${bytes} bytes, more than ${MOST_IN_ALL}`,
    hint: 'Lower bundle.maxFolderMegabytes, or take folders out of bundle.paths.',
    retryable: false,
  });
}
