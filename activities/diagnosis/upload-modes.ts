import { mkdir, open, readFile } from 'node:fs/promises';
import path from 'node:path';
import type { ModesRepaired, UploadsLook } from '../../workflows/contracts/uploads.ts';
import type { WrongMode } from '../adapters/data-owner/operations/find-wrong-modes.ts';
import type { ModeToSet } from '../adapters/data-owner/operations/set-modes.ts';
import type { Mutation, MutationContext, Read } from '../execution/mutation.ts';
import type { Host } from '../host.ts';
import { ANSWERS } from '../survey/answers.ts';

/** A folder that is repaired shows what lies in it; so deep are uploads never. */
const MOST_ROUNDS = 20;

type ModesHost = Pick<Host, 'config' | 'data' | 'asRoot'>;

/** Modes and owners of the uploads: what differs, and only that. */
export function uploadModeReads({ config, data }: ModesHost) {
  const { uploads, owner } = config.data;

  const lookAtUploads: Read<Record<string, never>, UploadsLook> = async ({ signal }) => {
    const { wrong, others } = await data.findWrongModes({ uploads, owner }, { signal });
    const foreign = wrong.filter(({ uid }) => uid !== owner.uid).length;
    return {
      wrong: wrong.length,
      checks: [
        {
          name: 'modes and owners of the uploads',
          status: wrong.length === 0 ? 'pass' : 'fail',
          expected: `of uid ${owner.uid}; files 644, folders 755`,
          got:
            wrong.length === 0
              ? 'as expected'
              : `${wrong.length} differ, ${foreign} of them in their owner; what lies in a folder that cannot be read is not counted`,
          answer: ANSWERS.uploadFailures,
        },
        {
          name: 'only files and folders among the uploads',
          status: others === 0 ? 'pass' : 'not proven',
          expected: 'no links or devices',
          got: `${others} others, which are left alone`,
        },
      ],
    };
  };

  return { lookAtUploads };
}

export function uploadModeMutations({ config, data, asRoot }: ModesHost) {
  const { uploads, owner } = config.data;
  const listingOf = (stamp: string): string =>
    path.join(config.state.folder, 'upload-modes', `${stamp}.jsonl`);

  /**
   * Gives files of the uploads mode 644, folders 755, and all their owner: only those that differ. Changes: their modes
   * and owners, each written to a list on the host (0600) before. Repeating it goes on with what still differs; a kill
   * leaves some repaired, all of them in the list.
   */
  const repairModes: Mutation<Record<string, never>, ModesRepaired> = async ({
    effects,
    stamp,
    signal,
    progress,
  }) => {
    const listing = listingOf(stamp);
    return effects.perform(
      `fdts-ops: chmod 644 files and 755 folders of ${uploads} that differ, chown ${owner.uid}:${owner.gid} those of others; what was stands in ${listing}`,
      async () => {
        let left = 0;
        for (let round = 0; round < MOST_ROUNDS; round += 1) {
          const { wrong } = await data.findWrongModes({ uploads, owner }, { signal });
          if (wrong.length <= left) break;
          await append(listing, wrong);
          const entries = wrong.map(({ path: entry, wanted }) => ({ path: entry, ...wanted }));
          const owners = wrong.map(({ uid }) => uid);
          left = (await apply(entries, owners, { signal, progress })).left;
        }
        const entries = await read(listing);
        const lines = [
          `${entries.length} entries had another mode or owner; which, and what they had: ${listing}, on the host only`,
          ...(left === 0
            ? []
            : [`${left} were left alone: links, gone meanwhile, or files with a second name`]),
        ];
        return { changed: entries.length, listing, lines };
      },
      { changed: 0, listing, lines: ['how many differ is known only at run time'] },
    );
  };

  /** Gives the entries of the list the modes and owners that they had. Changes: those. Repeating it does the same. */
  const restoreModes: Mutation<Record<string, never>, { readonly lines: readonly string[] }> = async ({
    effects,
    stamp,
    signal,
    progress,
  }) => {
    const listing = listingOf(stamp);
    return effects.perform(
      `fdts-ops: give the entries of ${listing} the modes and owners that they had`,
      async () => {
        const entries = await read(listing);
        // From the deepest up: a folder that is closed again must not hide what lies in it.
        const before = entries
          .map(({ path: entry, mode, uid, gid }) => ({ path: entry, mode, uid, gid }))
          .reverse();
        if (before.length > 0) await apply(before, [owner.uid], { signal, progress });
        return { lines: before.length === 0 ? [] : [`${before.length} uploads have the modes of before`] };
      },
      { lines: [] },
    );
  };

  // Their owner changes modes; only root gives away, or takes, files of others.
  async function apply(
    entries: readonly ModeToSet[],
    owners: readonly number[],
    { signal, progress }: Pick<MutationContext, 'signal' | 'progress'>,
  ): Promise<{ changed: number; left: number }> {
    const areOurs = [...owners, ...entries.map(({ uid }) => uid)].every((uid) => uid === owner.uid);
    const setModes = areOurs ? data.setModes : asRoot.setModes;
    return setModes({ uploads, entries }, { signal, onProgress: progress });
  }

  return { repairModes, restoreModes };
}

async function append(listing: string, wrong: readonly WrongMode[]): Promise<void> {
  await mkdir(path.dirname(listing), { recursive: true, mode: 0o700 });
  const handle = await open(listing, 'a', 0o600);
  try {
    await handle.writeFile(wrong.map((entry) => `${JSON.stringify(entry)}\n`).join(''));
    await handle.sync();
  } finally {
    await handle.close();
  }
}

/** What was before the run: an entry that a retry met again counts as it was first. A line that a kill cut is left out. */
async function read(listing: string): Promise<WrongMode[]> {
  const text = await readFile(listing, 'utf8').catch(() => '');
  const entries = new Map<string, WrongMode>();
  for (const line of text.split('\n')) {
    const entry = parsed(line);
    if (entry !== null && !entries.has(entry.path)) entries.set(entry.path, entry);
  }
  return [...entries.values()];
}

function parsed(line: string): WrongMode | null {
  try {
    const entry: WrongMode = JSON.parse(line);
    return entry;
  } catch {
    return null;
  }
}
