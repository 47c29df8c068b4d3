import type { CheckResult } from '../../workflows/contracts/calls.ts';
import { shellQuote } from '../../workflows/contracts/shell-quote.ts';
import type { UploadsSeen } from '../adapters/data-owner/operations/look-through-uploads.ts';
import { OperationError } from '../adapters/operation-error.ts';
import type { Host } from '../host.ts';

/**
 * Whether a backup of ours has everything that users see among the uploads. No reason to refuse one: a backup that lacks
 * something is better than none, and is called partial.
 */
export async function uploadsChecks(
  { config, data }: Pick<Host, 'config' | 'data'>,
  signal: AbortSignal,
): Promise<CheckResult[]> {
  if (config.backups.command !== null) return [];
  const { uploads, uploadsExclude: without } = config.data;
  const check = {
    name: 'every upload can be backed up',
    expected: 'no link that leads out of the uploads, no folder that the owner of the data may not read',
    answer: mendUploads(uploads),
  };
  try {
    const seen = await data.lookThroughUploads({ uploads, without }, { signal });
    return [
      {
        ...check,
        status: seen.lostCount === 0 ? 'pass' : 'not proven',
        got: told(seen, config.backups.keep),
      },
    ];
  } catch (error) {
    signal.throwIfAborted();
    if (!(error instanceof OperationError)) throw error;
    return [{ ...check, status: 'fail', got: error.message, answer: error.hint }];
  }
}

/** Counts, since names of users' files do not leave the host. */
function told({ count, lost, lostCount, harmless }: UploadsSeen, keep: number): string {
  const kinds = [...new Set(lost.map(({ what }) => what))].join('; ');
  return [
    `${count} uploads`,
    ...(lostCount === 0 ? [] : [`${lostCount} more not: ${kinds}`]),
    ...(harmless === 0 ? [] : [`${harmless} that hold nothing of users, or are left out on purpose`]),
    ...(lostCount === 0
      ? []
      : [`backups are partial as long: the newest ${keep} of them stay, and the newest one that is whole`]),
  ].join('; ');
}

/** How to see and mend what a backup cannot take. */
export function mendUploads(uploads: string): string {
  return `which: sudo find ${shellQuote(uploads)} -type l -printf '%p -> %l\\n'; put what such a link leads to there in its place (where that disk is too small, all of the uploads on a larger one, mounted as the uploads folder itself; a mount inside the folder is in backups, but no restore can be made over it), or name the link in data.uploadsExclude when it is backed up otherwise. What may not be read: uploadFailures repairs modes and owners`;
}
