import type { BackupSource, VerifyMode } from '../../../workflows/contracts/backup-verdict.ts';

/** An archive found in a backup folder. */
export interface FoundBackup {
  /** Full path. */
  archive: string;
  /** Whether its manifest lies beside it. */
  manifest: boolean;
  /** An archive without a manifest counts as the site's. */
  source: BackupSource;
  /** The name of the host that made it, by its manifest, else by the record of its verification; null where none says it. */
  host: string | null;
  bytes: number;
  /** When it was made, UTC, ISO 8601: by its manifest, else its name; for one of the site's script see `timeOfSiteArchive`. */
  createdAt: string;
  /** The last verification that this archive, as it is now, passed; null when there is none. */
  verified: { at: string; mode: VerifyMode; sha256: string; partial: boolean } | null;
}

/** Whether it is a backup that counts: fully verified as it is now, and with all content of users in it. */
export function isProven({ verified }: Pick<FoundBackup, 'verified'>): boolean {
  return verified?.mode === 'full' && !verified.partial;
}

/** Whether it is fully verified as it is now, but lacks content of users: its database is as good as that of a whole one. */
export function isPartial({ verified }: Pick<FoundBackup, 'verified'>): boolean {
  return verified?.mode === 'full' && verified.partial;
}

/** How far a clock may be wrong, in milliseconds, before what it dated counts for nothing. */
const TOLERANCE_MS = 3_600_000;

/** Whether a backup is dated later than now: the clock was wrong, then or now, so how old the backup is nobody knows. */
export function isAhead({ createdAt }: Pick<FoundBackup, 'createdAt'>, now: number = Date.now()): boolean {
  return Date.parse(createdAt) > now + TOLERANCE_MS;
}

/** The newest backup by when it was made, or undefined when there is none. Order of the list does not matter. */
export function newestBackup(backups: readonly FoundBackup[]): FoundBackup | undefined {
  return backups.reduce<FoundBackup | undefined>(
    (newest, backup) => (newest === undefined || backup.createdAt > newest.createdAt ? backup : newest),
    undefined,
  );
}

/** The newest backup that counts, see `isProven`. */
export function newestVerified(backups: readonly FoundBackup[]): FoundBackup | undefined {
  return newestBackup(backups.filter(isProven));
}
