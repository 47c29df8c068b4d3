import path from 'node:path';
import type { RemovalPlan } from '../../workflows/contracts/backup-failure.ts';
import { shellQuote } from '../../workflows/contracts/shell-quote.ts';
import type { FoundBackup } from '../adapters/data-owner/newest-backup.ts';
import type { DataOwner } from '../adapters/data-owner/run-as-owner.ts';
import { OperationError } from '../adapters/operation-error.ts';
import type { Mutation, Read } from '../execution/mutation.ts';
import { timeOfStamp } from '../execution/stamp-time.ts';
import { megabytes } from '../figures/percentile.ts';
import type { Host } from '../host.ts';
import { chooseExpired, type Expired } from './choose-expired.ts';
import { retainedBackup, waysBackOf } from './retention.ts';

/** However little room there is: the newest verified backups that stay. */
const LEAST_KEPT = 2;

type RemovingHost = Pick<Host, 'config' | 'reports'> & {
  readonly data: Pick<DataOwner, 'listBackups' | 'removeBackups'>;
};

/** Making room for a backup, by what retention may remove and no more. */
export function backupRemovalReads(host: RemovingHost) {
  /** Which archives may go so that so many bytes are free: the oldest first, fewer kept than usual, never fewer than two. */
  const planRemoval: Read<{ readonly missingBytes: number }, RemovalPlan> = async (
    { stamp, signal },
    { missingBytes },
  ) => {
    const { keep } = host.config.backups;
    const found = await host.data.listBackups({ directory: host.config.backups.folder }, { signal });
    let chosen: readonly Expired[] = [];
    for (let kept = keep; kept >= LEAST_KEPT; kept -= 1) {
      chosen = await removable(host, found, kept, stamp);
      if (bytesOf(chosen, found) >= missingBytes) break;
    }
    const oldestFirst = [...chosen].sort((a, b) =>
      timeOf(a.archive, found).localeCompare(timeOf(b.archive, found)),
    );
    const needed = oldestFirst.filter(
      (_, index) => bytesOf(oldestFirst.slice(0, index), found) < missingBytes,
    );
    const freesBytes = bytesOf(needed, found);
    return {
      archives: needed.map(({ archive }) => archive),
      lines: needed.map(
        ({ archive, because }) =>
          `${path.basename(archive)}, ${megabytes(bytesOf([{ archive }], found))}: ${because}`,
      ),
      freesBytes,
      isEnough: freesBytes >= missingBytes,
    };
  };

  return { planRemoval };
}

export function backupRemovalMutations(host: RemovingHost) {
  const { folder } = host.config.backups;

  /**
   * Removes archives that a person approved. Changes: those archives, with manifest, record and bundle. Refuses one that
   * retention may not remove (any more): the two newest verified ones, one of the site, one that a way back needs. Repeating
   * it removes what is left; a kill leaves less to remove.
   */
  const removeApproved: Mutation<
    { readonly archives: readonly string[] },
    { readonly removed: readonly string[] }
  > = async ({ effects, stamp, signal }, { archives }) => {
    const found = await host.data.listBackups({ directory: folder }, { signal });
    const allowed = await removable(host, found, LEAST_KEPT, stamp);
    for (const archive of archives) {
      const backup = found.find((known) => known.archive === archive);
      if (backup === undefined) continue;
      if (!allowed.some((known) => known.archive === archive)) throw notAllowed(archive);
      await effects.perform(
        `rm ${shellQuote(archive)}*`,
        () =>
          host.data.removeBackups(
            { directory: folder, archives: [{ archive, source: backup.source }] },
            { signal },
          ),
        undefined,
      );
    }
    return { removed: archives };
  };

  return { removeApproved };
}

async function removable(
  host: Omit<RemovingHost, 'data'>,
  found: readonly FoundBackup[],
  keep: number,
  stamp: string,
): Promise<readonly Expired[]> {
  const now = timeOfStamp(stamp);
  const waysBack = await waysBackOf(host, now);
  const backups = found.map((backup) => retainedBackup(backup, waysBack, stamp));
  const { keepFor, retainSite } = host.config.backups;
  return chooseExpired(backups, { keep, keepFor, leastKept: LEAST_KEPT, retainSite, now });
}

function bytesOf(chosen: readonly Pick<Expired, 'archive'>[], found: readonly FoundBackup[]): number {
  const sizes = chosen.map(({ archive }) => found.find((backup) => backup.archive === archive)?.bytes ?? 0);
  return sizes.reduce((total, bytes) => total + bytes, 0);
}

function timeOf(archive: string, found: readonly FoundBackup[]): string {
  return found.find((backup) => backup.archive === archive)?.createdAt ?? '';
}

function notAllowed(archive: string): OperationError {
  return new OperationError({
    code: 'BACKUP_NEEDED',
    operation: 'removeApproved',
    target: archive,
    cause: 'it is one of the newest verified or partial ones, of the site, or a way back needs it',
    hint: 'Start the procedure again: it plans anew what may be removed.',
    retryable: false,
  });
}
