import type { FolderEntry } from './data-owner/operations/look-at-folder.ts';
import { OperationError } from './operation-error.ts';

const ARCHIVE = /^fdts_backup_\d{8}_\d{6}\.tar\.gz$/;

/**
 * The one archive that a script made between two looks at the folder: new by name, or written again under its old one.
 * Never chosen by order or age: with several nobody knows which is whose.
 * @throws OperationError `NO_NEW_ARCHIVE`, `SEVERAL_NEW_ARCHIVES`.
 */
export function newArchive(
  folder: string,
  before: readonly FolderEntry[],
  after: readonly FolderEntry[],
): FolderEntry {
  const known = new Map(before.map((entry) => [entry.name, entry]));
  const fresh = after.filter((entry) => entry.kind === 'file' && isChanged(known.get(entry.name), entry));
  const archives = fresh.filter(({ name }) => ARCHIVE.test(name));
  const [only] = archives;
  if (only !== undefined && archives.length === 1) return only;
  const names = (archives.length > 0 ? archives : fresh).map(({ name }) => name).join(', ');
  throw new OperationError({
    code: archives.length === 0 ? 'NO_NEW_ARCHIVE' : 'SEVERAL_NEW_ARCHIVES',
    operation: 'siteBackup',
    target: folder,
    cause:
      archives.length === 0
        ? `the script ended well, but left no new fdts_backup_YYYYMMDD_HHMMSS.tar.gz; new there: ${names || 'nothing'}`
        : `${archives.length} new archives: ${names}`,
    hint:
      archives.length === 0
        ? 'Check that backups.folder is the folder that the script writes to, then start again.'
        : 'Something else makes backups at the same time (a schedule of the site?): start again when it has ended.',
    retryable: false,
  });
}

function isChanged(before: FolderEntry | undefined, after: FolderEntry): boolean {
  return before === undefined || before.bytes !== after.bytes || before.modifiedAt !== after.modifiedAt;
}
