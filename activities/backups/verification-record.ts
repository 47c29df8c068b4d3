import path from 'node:path';
import type { HostConfig } from '../../config/host-schema.ts';
import type { BackupSource, VerifyMode } from '../../workflows/contracts/backup-verdict.ts';
import type { VerifiedBackup } from '../adapters/data-owner/operations/verify-backup.ts';
import type { DataOwner } from '../adapters/data-owner/run-as-owner.ts';
import { OperationError } from '../adapters/operation-error.ts';

interface Verified {
  readonly archive: string;
  readonly source: BackupSource;
  readonly mode: VerifyMode;
  readonly verified: VerifiedBackup;
}

/**
 * The record beside an archive of what its verification found. A place that cannot be written changes no verdict: each
 * answers with what has to be told then, empty when the record is as it should be.
 */
export function verificationRecord(
  data: Pick<DataOwner, 'recordVerified' | 'forgetVerified'>,
  { host, backups }: Pick<HostConfig, 'host' | 'backups'>,
) {
  /** Writes down that it passed. Throws when the archive was changed or removed meanwhile: then nothing was proven. */
  async function record({ archive, source, mode, verified }: Verified): Promise<string> {
    const { sha256, bytes, uploads, database, partial, isCompared } = verified;
    const { tables } = database;
    // Of a copy elsewhere its manifest or its first record says whose it is.
    const origin = path.dirname(archive) === backups.folder ? { host: host.name } : {};
    try {
      await data.recordVerified({
        archive,
        sha256,
        bytes,
        mode,
        ...(isCompared && { partial }),
        tables,
        uploads,
        source,
        ...origin,
      });
      return '';
    } catch (error) {
      if (!(error instanceof OperationError) || !CANNOT_WRITE.includes(error.code)) throw error;
      return `that it was verified could not be recorded beside it: ${error.message}`;
    }
  }

  /** What was found bad must not go on to count as verified: for retention, as the newest, for a restore. */
  async function forget(archive: string): Promise<string> {
    try {
      await data.forgetVerified({ archive });
      return '';
    } catch (error) {
      if (!(error instanceof OperationError)) throw error;
      return `its record, ${archive}.verified.json, could not be taken back: ${error.message}. As long as both lie there it counts as verified`;
    }
  }

  return { record, forget };
}

const CANNOT_WRITE = ['NO_PERMISSION', 'DISK_FULL', 'DISK_ERROR'];

/** The same failure, and what else has to be said of it. */
export function toldToo(error: OperationError, more: string): OperationError {
  const { code, operation, target, cause, retryable } = error;
  return new OperationError({
    code,
    operation,
    target,
    cause,
    retryable,
    hint: more === '' ? error.hint : `${error.hint}; ${more}`,
  });
}
