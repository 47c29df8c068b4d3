import { copyFile, lstat, mkdir, rm } from 'node:fs/promises';
import { dirname } from 'node:path';
import { OperationError } from '../../operation-error.ts';
import type { OperationContext } from '../child-messages.ts';
import { exists, hashFile, syncFile, syncFolder } from '../files/durable-file.ts';
import { explainFailure } from '../files/explain-failure.ts';
import { withFolderLock } from '../files/folder-lock.ts';
import { SPARE_FOR_APP } from '../files/require-free-space.ts';
import { keepCopy, makeReady } from '../restore/make-ready.ts';
import { requireMovable } from '../restore/require-movable.ts';
import { restoreFolders } from '../restore/restore-folders.ts';
import {
  type RestorePlace,
  readRestoreRecord,
  type StagedBackup,
  writeRestoreRecord,
} from '../restore/restore-record.ts';
import { readFacts } from '../sqlite/database-facts.ts';
import { checkHealth, type DatabaseHealth } from '../sqlite/database-health.ts';
import { readDatabase } from '../sqlite/open-database.ts';

/** Which database of an earlier run to stage. */
export interface StageDatabaseArgs extends RestorePlace {
  /** The database that the earlier run set aside. */
  original: string;
  /** Which uploads there were then, as that run wrote it down; without it every upload counts as later. */
  listing: string;
}

const operation = 'stageDatabase';

/**
 * Copies a database that an earlier run set aside beside the live one, and proves it; the uploads stay. Touches nothing
 * that is live, nor what was set aside. Repeating it answers the same; a kill leaves a part that the repeat makes anew.
 */
export async function stageDatabase(
  args: StageDatabaseArgs,
  context: OperationContext,
): Promise<StagedBackup> {
  const { asideDir, original, database } = args;
  try {
    return await withFolderLock(operation, dirname(database), async () => {
      await requireMovable(operation, { ...args, keepsUploads: true });
      const record = await readRestoreRecord(asideDir);
      return record === undefined ? await stage(args, context) : record.staged;
    });
  } catch (cause) {
    throw explainFailure(operation, cause, original);
  }
}

async function stage(
  args: StageDatabaseArgs,
  { onProgress, signal }: OperationContext,
): Promise<StagedBackup> {
  const { asideDir, original, database, uploads, listing, runId } = args;
  const folders = restoreFolders(asideDir, asideDir);
  for (const folder of [folders.staging, folders.stagedUploads]) {
    await rm(folder, { recursive: true, force: true });
    await mkdir(folder, { recursive: true, mode: 0o750 });
  }
  const { mtime, size: totalBytes } = await lstat(original);
  await keepCopy(operation, original, folders.stagedDatabase, { spare: SPARE_FOR_APP });
  onProgress({ phase: 'integrity check', bytes: 0, totalBytes });
  const { facts, health } = await readDatabase(operation, folders.stagedDatabase, (opened) => ({
    health: checkHealth(opened, true, { isPrivateCopy: true }),
    facts: readFacts(operation, opened),
  }));
  if (health.integrity !== 'ok') throw damaged(original, health.integrity);
  await makeReady(database, folders.stagedDatabase, mtime);
  await keepCopy(operation, folders.stagedDatabase, folders.restoredCopy, { spare: SPARE_FOR_APP });
  if (await exists(listing)) {
    await copyFile(listing, folders.stagedListing);
    await syncFile(folders.stagedListing);
  }
  for (const folder of [folders.staging, asideDir, dirname(database)]) await syncFolder(folder);
  const { bytes, sha256 } = await hashFile(folders.stagedDatabase, undefined, signal);
  const { tables, userVersion, schemaHash } = facts;
  const staged: StagedBackup = {
    archive: original,
    bytes,
    sha256,
    createdAt: mtime.toISOString(),
    tables,
    userVersion,
    schemaHash,
    uploads: { count: 0, bytes: 0 },
    partial: false,
    findings: remarksOn(health),
  };
  const place = { runId, database, uploads, uploadsAside: asideDir, keepsUploads: true };
  await writeRestoreRecord(asideDir, { format: 1, ...place, phase: 'staged', staged, original: null });
  return staged;
}

/** What the live database had then goes back with it. */
function remarksOn({ notProven, foreignKeyViolations }: DatabaseHealth): string[] {
  return [
    ...(foreignKeyViolations === 0
      ? []
      : [`${foreignKeyViolations} rows of the database violate foreign keys`]),
    ...notProven.map((what) => `not checked: ${what}`),
  ];
}

function damaged(target: string, complaints: readonly string[]): OperationError {
  return new OperationError({
    code: 'DATABASE_CORRUPT',
    operation,
    target,
    cause: complaints.slice(0, 3).join('; '),
    hint: 'nothing was changed; go back with {"database":"keep"}, or restore the backup of that run with restoreBackup (and {"allowOtherSchema":true} when its schema is another one)',
    retryable: false,
  });
}
