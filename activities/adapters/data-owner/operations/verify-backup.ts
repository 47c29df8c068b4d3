import { mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { OperationError } from '../../operation-error.ts';
import { type CheckedBackup, checkBackup } from '../archive/check-backup.ts';
import type { DatabaseRules } from '../archive/judge-database.ts';
import type { LiveUploads } from '../archive/live-uploads.ts';
import type { OperationContext } from '../child-messages.ts';
import { explainFailure } from '../files/explain-failure.ts';
import { removeDeadScratch, scratchFolderName } from '../files/scratch-folder.ts';

/** Which archive to verify and how. All paths are full paths. */
export interface VerifyBackupArgs extends DatabaseRules {
  archive: string;
  /** Without it the content is checked in itself only, and a finding says so. */
  manifest?: string;
  /** A folder for the extracted database: needs its size in free space; what is put there is removed at the end. */
  scratch: string;
  /** integrity_check when true, else quick_check, which is ten times as fast and looks at no index. */
  full: boolean;
  /** How long the check of the database may take; the default grows with its size. */
  databaseTimeLimitMs?: number;
  /** The uploads of the host that it is of: without a manifest it is compared with them. */
  live?: LiveUploads;
}

/** A backup that passed. `findings` are remarks that did not fail it. */
export type VerifiedBackup = CheckedBackup & { archive: string; ok: true };

/**
 * Proves that a backup can be restored: one pass over every byte, the database extracted into scratch and checked, its
 * rows and every upload compared with the manifest. Throws BACKUP_INVALID with all reasons found. Changes nothing
 * outside scratch; repeating it is safe, and removes what a killed attempt left there.
 */
export async function verifyBackup(
  args: VerifyBackupArgs,
  context: OperationContext,
): Promise<VerifiedBackup> {
  const { archive, scratch } = args;
  const folder = join(scratch, scratchFolderName());
  try {
    await removeDeadScratch(scratch);
    await mkdir(folder, { recursive: true, mode: 0o700 });
    const { reasons, checked } = await checkBackup({ ...args, folder }, context);
    if (reasons.length === 0) return { archive, ...checked, ok: true };
    throw new OperationError({
      code: 'BACKUP_INVALID',
      operation: 'verifyBackup',
      target: archive,
      cause: reasons.slice(0, 20).join('; '),
      hint: 'do not restore from this archive; make a new backup and use the newest other one that verifies',
      retryable: false,
    });
  } catch (cause) {
    throw explainFailure('verifyBackup', cause, archive);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
