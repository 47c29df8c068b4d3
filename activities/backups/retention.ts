import path from 'node:path';
import type { RunReport } from '../../workflows/contracts/report.ts';
import { shellQuote } from '../../workflows/contracts/shell-quote.ts';
import { type FoundBackup, isAhead, isPartial, isProven } from '../adapters/data-owner/newest-backup.ts';
import type { DataOwner } from '../adapters/data-owner/run-as-owner.ts';
import type { Mutation } from '../execution/mutation.ts';
import { timeOfStamp } from '../execution/stamp-time.ts';
import type { Host } from '../host.ts';
import { chooseExpired, type RetainedBackup } from './choose-expired.ts';
import { isMarkedOwn, otherHostOf } from './of-another-host.ts';

/** Removing backups that are past their retention. */
export function retentionMutations({
  config,
  data,
  reports,
}: Pick<Host, 'config' | 'reports'> & {
  readonly data: Pick<DataOwner, 'listBackups' | 'removeBackups'>;
}) {
  const { folder, external, keep, keepFor, retainSite, retainExternal } = config.backups;

  /**
   * Removes backups by count and by age (`backups.keep`, `backups.keepFor`). Changes: archives that fdts-ops made, with
   * their manifest, record and bundle; the site's and external copies only when configured, and none of another host. Never the newest verified
   * one, the newest partial ones, one of this run, or one that a way back needs. Repeating it decides anew; a kill leaves
   * less to remove.
   */
  const retainBackups: Mutation<Record<string, never>, { readonly removed: readonly string[] }> = async ({
    effects,
    stamp,
    signal,
  }) => {
    const now = timeOfStamp(stamp);
    const waysBack = await waysBackOf({ config, reports }, now);
    const removed: string[] = [];
    const places = [folder, ...(external !== null && retainExternal ? [external] : [])];
    for (const place of places) {
      const all = await data.listBackups({ directory: place }, { signal });
      const found = all.filter((backup) => otherHostOf(config, backup) === null);
      const marked = found.filter((backup) => isMarkedOwn(config, backup));
      const own = (marked.length > 0 ? marked : found).map(({ archive }) => archive);
      const ownOnly = found.length < all.length ? { own } : {};
      const backups = found.map((backup) => retainedBackup(backup, waysBack, stamp));
      for (const { archive, because } of chooseExpired(backups, { keep, keepFor, retainSite, now })) {
        const source = backups.find((backup) => backup.archive === archive)?.source ?? 'site';
        await effects.perform(
          `rm ${shellQuote(archive)}*    # ${because}`,
          () =>
            data.removeBackups({ directory: place, archives: [{ archive, source }], ...ownOnly }, { signal }),
          undefined,
        );
        removed.push(`${archive}: ${because}`);
      }
    }
    return { removed };
  };

  return { retainBackups };
}

/** The runs that may still be taken back. */
export async function waysBackOf(
  { config, reports }: Pick<Host, 'config' | 'reports'>,
  now: number,
): Promise<readonly RunReport[]> {
  const since = now - config.maintenance.rollbackRetention * 1000;
  return (await reports.since(since)).filter(isWayBack);
}

/**
 * What retention looks at in an archive. `stamp`: the run that asks, whose own archive stays. One that is dated ahead of the
 * clock pushes no other out: it would count as the newer one for ever.
 */
export function retainedBackup(
  { archive, source, createdAt, verified }: FoundBackup,
  waysBack: readonly RunReport[],
  stamp: string,
): RetainedBackup {
  return {
    archive,
    source,
    createdAt,
    verified: isProven({ verified }) && !isAhead({ createdAt }),
    partial: isPartial({ verified }) && !isAhead({ createdAt }),
    needed: archive.includes(stamp) || waysBack.some((report) => needs(report, archive)),
  };
}

/** A check and a backup on demand leave nothing that is ever taken back. */
function isWayBack({ procedure, dryRun }: RunReport): boolean {
  return !dryRun && !['manualBackup', 'backupFailure'].includes(procedure) && !procedure.endsWith('Check');
}

/** By the run's name for our archives; by what the report says for one that the site's script made. */
function needs({ stamp, sections }: RunReport, archive: string): boolean {
  const name = path.basename(archive);
  return (
    name === `fdts_backup_${stamp}.tar.gz` ||
    sections.some(({ title, lines }) => title === 'Backup' && lines.some((line) => line.includes(name)))
  );
}
