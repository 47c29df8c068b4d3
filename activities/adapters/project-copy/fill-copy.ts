import { mkdir, readdir, rename, rm } from 'node:fs/promises';
import path from 'node:path';
import { checkBackup } from '../data-owner/archive/check-backup.ts';
import type { DatabaseRules } from '../data-owner/archive/judge-database.ts';
import type { OperationContext } from '../data-owner/child-messages.ts';
import { explainFailure } from '../data-owner/files/explain-failure.ts';
import { removeDatabase } from '../data-owner/files/snapshot-database.ts';
import { makeReady } from '../data-owner/restore/make-ready.ts';
import type { StagedBackup } from '../data-owner/restore/restore-record.ts';
import { OperationError } from '../operation-error.ts';
import { inCopy } from './copy-names.ts';
import { STAGING } from './make-copy-folder.ts';

/** Which backup goes into which copy. */
export interface FillCopyArgs extends DatabaseRules {
  archive: string;
  /** Left out for an archive that another program made. */
  manifest?: string;
  /** The copy's folder, as `makeCopyFolder` left it. */
  folder: string;
  /** The copy's own database and uploads. */
  database: string;
  uploads: string;
  coreTables: readonly string[];
}

/**
 * Extracts a backup into a copy, and proves all of it on the way. Repeating it begins anew; what a kill leaves lies in the
 * copy. Throws `BACKUP_INVALID` with all reasons.
 */
export async function fillCopy(args: FillCopyArgs, context: OperationContext): Promise<StagedBackup> {
  const { archive, folder, database, uploads, coreTables } = args;
  const staging = inCopy(folder, STAGING);
  try {
    for (const place of [staging, uploads]) await makeEmpty(place);
    await removeDatabase(database);
    const { reasons, checked, databaseFile } = await checkBackup(
      { ...args, folder: staging, full: true, uploadsFolder: uploads },
      context,
    );
    const { tables, userVersion, schemaHash } = checked.database;
    const missing = coreTables.filter((table) => tables[table] === undefined);
    if (reasons.length === 0 && missing.length > 0)
      reasons.push(`it is not of this app: tables missing: ${missing.join(', ')}`);
    if (reasons.length > 0) throw invalid(archive, reasons);
    await makeReady(database, databaseFile, new Date(checked.createdAt));
    await rename(databaseFile, database);
    const { bytes, sha256, createdAt, partial, findings } = checked;
    const data = { tables, userVersion, schemaHash, uploads: checked.uploads };
    return { archive, bytes, sha256, createdAt, partial, findings, ...data };
  } catch (cause) {
    throw explainFailure('fillCopy', cause, archive);
  }
}

async function makeEmpty(folder: string): Promise<void> {
  await mkdir(folder, { recursive: true, mode: 0o750 });
  for (const name of await readdir(folder, { encoding: 'buffer' }))
    await rm(Buffer.concat([Buffer.from(`${folder}${path.sep}`), name]), { recursive: true, force: true });
}

function invalid(archive: string, reasons: readonly string[]): OperationError {
  return new OperationError({
    code: 'BACKUP_INVALID',
    operation: 'fillCopy',
    target: archive,
    cause: reasons.slice(0, 20).join('; '),
    hint: 'do not restore from this archive; make a new backup and use the newest other one that verifies',
    retryable: false,
  });
}
