import path from 'node:path';
import type { FolderEntry } from '../adapters/data-owner/operations/look-at-folder.ts';

const ARCHIVE = /^fdts_backup_\d{8}_\d{6}\.tar\.gz$/;
/** What lies beside an archive, and what fdts-ops needs there itself. */
const BESIDE = /^(fdts_backup_\d{8}_\d{6}\.tar\.gz\.(manifest|verified)\.json|fdts_config_\d{8}_\d{6}\..*)$/;

/** What lies in a backup folder and counts as no backup, each with the reason. */
export function ignoredNames(place: string, entries: readonly FolderEntry[]): string[] {
  return entries.flatMap(({ name, kind, bytes }) => {
    const reason = reasonToIgnore(name, kind);
    return reason === null ? [] : [`${path.join(place, name)}, ${bytes} bytes: ${reason}`];
  });
}

function reasonToIgnore(name: string, kind: FolderEntry['kind']): string | null {
  if (name.startsWith('.')) return null;
  if (kind !== 'file') return kind === 'folder' ? 'a folder' : 'no ordinary file';
  if (name.includes('.part')) return 'half-written';
  if (ARCHIVE.test(name) || BESIDE.test(name)) return null;
  return 'not the name of a backup';
}
