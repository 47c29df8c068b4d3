import type { BackupRecord, HowItWasMade } from '../adapters/data-owner/archive/backup-manifest.ts';
import { uploadProblems } from '../adapters/data-owner/files/upload-problem.ts';
import type { Host } from '../host.ts';

/** Which uploads are missing, and what mends most of it: on the host, since names of users' files do not leave it. */
export function adviceOn(
  { partial, warnings, manifest }: Pick<BackupRecord, 'partial' | 'warnings' | 'manifest'>,
  { owner }: Host['config']['data'],
): string[] {
  const mayNotRead = warnings.some((line) => line.includes(uploadProblems.unreadable));
  return [
    ...(partial ? [`which ones: "warnings" in ${manifest}`] : []),
    ...(mayNotRead
      ? [
          `let the owner of the data read them: sudo chown -h ${owner.uid} FILE && sudo chmod u+r FILE (of a folder: u+rx), or all of them with uploadFailures`,
        ]
      : []),
  ];
}

/** How a backup was made, for the report. */
export function describePace(how: Omit<HowItWasMade, 'compressedBy'> & { compressedBy?: string }): string {
  const limit = how.megabytesPerSecond === null ? 'no rate limit' : `at most ${how.megabytesPerSecond} MB/s`;
  const by = how.compressedBy === undefined ? '' : `, compressed by ${how.compressedBy}`;
  return `made at the ${how.pace} pace, ${limit}${by}`;
}
