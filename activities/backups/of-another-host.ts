import path from 'node:path';
import type { HostConfig } from '../../config/host-schema.ts';
import type { FoundBackup } from '../adapters/data-owner/newest-backup.ts';

/**
 * The host whose backup this is, when several share the external storage and it is not this one; null for one of ours,
 * and where nothing says whose it is. What lies in this host's own folder is its own, whatever it was called then.
 */
export function otherHostOf(
  { host, backups }: Pick<HostConfig, 'host' | 'backups'>,
  { archive, host: madeBy }: Pick<FoundBackup, 'archive' | 'host'>,
): string | null {
  const isShared = path.dirname(archive) === backups.external && backups.external !== backups.folder;
  return isShared && madeBy !== null && madeBy !== host.name ? madeBy : null;
}

/** Whether it is certain that this host made it: an archive of which nothing says so may be of any. */
export function isMarkedOwn(
  { host, backups }: Pick<HostConfig, 'host' | 'backups'>,
  { archive, host: madeBy }: Pick<FoundBackup, 'archive' | 'host'>,
): boolean {
  return madeBy === host.name || path.dirname(archive) === backups.folder;
}

/** Says of archives that they are left to their hosts; nothing when there are none. */
export function othersLines(
  config: Pick<HostConfig, 'host' | 'backups'>,
  found: readonly FoundBackup[],
): string[] {
  const hosts = found.flatMap((backup) => otherHostOf(config, backup) ?? []);
  if (hosts.length === 0) return [];
  const names = [...new Set(hosts)].sort().join(', ');
  return [
    `left out: ${hosts.length} of another host (${names}) in ${config.backups.external}; one is taken only when the input "archive" names it`,
  ];
}
