import { realpath, stat } from 'node:fs/promises';
import path from 'node:path';
import { isWithin, type LeftOut, whyExcluded } from './bundle-source.ts';
import {
  type Collected,
  type CollectedLink,
  type CollectOptions,
  type Found,
  take,
} from './collect-files.ts';
import { ABSENT, whyUnread } from './read-whole.ts';

/** Links in what links lead to are followed so often. */
const MOST_ROUNDS = 5;

/** What was collected, and the links whose targets exist, are configuration, and are not in it. */
export type Followed = Collected & { unfollowed: LeftOut[] };

/**
 * Takes what links lead to where the bundle has it not: under the path of the link, as if it lay there, since elsewhere it
 * would not be placed again. A certificate of Let's Encrypt is such a link, out of the folder that is mounted. Whoever may
 * write in a mounted folder must not get files of others into the bundle: only a link of root, or of the user whom its
 * target belongs to, is followed.
 */
export async function followLinks(all: Collected, options: CollectOptions): Promise<Followed> {
  const result: Followed = { ...all, links: [], unfollowed: [] };
  let open = all.links;
  for (let round = 0; open.length > 0; round += 1) {
    const isInBundle = whatIsIn([...result.files, ...result.links, ...open], all.taken);
    const next: CollectedLink[] = [];
    for (const link of open) {
      if (isInBundle(path.resolve(path.dirname(link.path), link.target))) {
        result.links.push(link);
        continue;
      }
      const found = round < MOST_ROUNDS ? await follow(link, options) : refuse('links lead on to links');
      if ('why' in found) {
        result.links.push(link);
        const out = { path: link.path, why: `a link to ${link.target}, which is not taken: ${found.why}` };
        result.leftOut = [...result.leftOut, out];
        if (found.isMissed) result.unfollowed.push(out);
        continue;
      }
      next.push(...found.links);
      addBehind(result, link, found);
    }
    open = next;
  }
  return result;
}

/** Tells what the bundle has: files and links by name, and folders that one of its sources takes whole. */
function whatIsIn(
  things: readonly { path: string }[],
  sources: readonly { path: string }[],
): (target: string) => boolean {
  const names = new Set(things.map((one) => one.path));
  const folders = new Set([...names].flatMap(foldersAbove));
  return (target) =>
    names.has(target) || (folders.has(target) && sources.some((source) => isWithin(target, source.path)));
}

function foldersAbove(file: string): string[] {
  const above = path.dirname(file);
  return above === file ? [] : [above, ...foldersAbove(above)];
}

function addBehind(result: Followed, { path: shown, target }: CollectedLink, found: Found): void {
  result.files = [...result.files, ...found.files.map((file) => ({ ...file, behindLink: target }))];
  result.leftOut = [...result.leftOut, ...found.leftOut];
  result.unfollowed.push(...found.leftOut);
  const bytes = found.files.reduce((sum, { content }) => sum + content.length, 0);
  result.taken = [
    ...result.taken,
    { what: 'what a link leads to', path: shown, files: found.files.length, bytes },
  ];
}

/** Why a link is not followed. `isMissed`: something is there that FDTS may need. */
interface Refusal {
  why: string;
  isMissed: boolean;
}

function refuse(why: string, isMissed = true): Refusal {
  return { why, isMissed };
}

/** What lies behind a link, or why that is not taken. */
async function follow(
  { path: shown, real: link, uid }: CollectedLink,
  options: CollectOptions,
): Promise<Found | Refusal> {
  const target = await targetOf(link).catch(whyUnread);
  if (typeof target === 'string') return refuse(target, target !== ABSENT);
  const excluded = whyExcluded(options.excluded, target.real);
  if (excluded !== undefined) return refuse(excluded, false);
  if (isWithin(link, target.real)) return refuse('it lies in what it leads to');
  if (uid !== 0 && uid !== target.uid)
    return refuse(
      `the link belongs to user ${uid}, its target to user ${target.uid}; name the target in bundle.paths when it is configuration`,
    );
  const found: Found = { files: [], links: [], leftOut: [] };
  const budget = { left: options.mostBytes };
  await take({ real: target.real, shown }, found, budget, options);
  if (budget.left < 0) return refuse(`more than ${options.mostBytes} bytes`);
  if (found.files.length + found.links.length > 0) return found;
  return refuse(found.leftOut[0]?.why ?? 'an empty folder', found.leftOut.length > 0);
}

async function targetOf(link: string): Promise<{ real: string; uid: number }> {
  const real = await realpath(link);
  return { real, uid: (await stat(real)).uid };
}
