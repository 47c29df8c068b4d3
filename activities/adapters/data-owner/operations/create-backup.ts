import { readdir, rm } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { OperationError } from '../../operation-error.ts';
import {
  type BackupManifest,
  type BackupRecord,
  manifestPathOf,
  readManifest,
  toRecord,
} from '../archive/backup-manifest.ts';
import { packBackup } from '../archive/pack-backup.ts';
import { bothOrNone } from '../both-or-none.ts';
import type { OperationContext } from '../child-messages.ts';
import { exists, hashFile, publishNew, syncFolder, writeDurably } from '../files/durable-file.ts';
import { explainFailure } from '../files/explain-failure.ts';
import { withFolderLock } from '../files/folder-lock.ts';
import { requireFreeSpace } from '../files/require-free-space.ts';
import { removeDatabase, snapshotDatabase } from '../files/snapshot-database.ts';
import type { Pace } from '../pace.ts';
import { besideThisProcess } from '../run-as-owner.ts';
import type { SnapshotCounts } from './count-snapshot.ts';
import { roomForBackup } from './room-for-backup.ts';

/** What to back up and where to. All paths are full paths. */
export interface CreateBackupArgs {
  database: string;
  /** The folder of uploaded files. */
  uploads: string;
  /** Names directly in it that are left out on purpose: `data.uploadsExclude`. */
  without?: readonly string[];
  /** `…/fdts_backup_YYYYMMDD_HHMMSS.tar.gz`, its time in UTC and taken from the run, not from the attempt. */
  archive: string;
  /** Always `<archive>.manifest.json`. */
  manifest: string;
  runId: string;
  /** The name of this host, for the manifest: several may share the storage of the copies. */
  host?: string;
  /** How the process was started, for the manifest; `fast` when left out. */
  pace?: Pace;
  /** The archive is read and written no faster than this; null or left out for no limit. */
  megabytesPerSecond?: number | null;
}

const operation = 'createBackup';

/**
 * Backs up a live FDTS into one archive with exactly `database.sqlite` and `uploads.tar.gz`, and a manifest beside it.
 * The database is a snapshot of one commit; uploads are read after it, so that every row finds its file. Repeating it
 * for the same run returns the archive that is there; any other file of that name is never overwritten. A kill leaves
 * `.part` files that the repeat replaces, never a file with the final name.
 */
export async function createBackup(args: CreateBackupArgs, context: OperationContext): Promise<BackupRecord> {
  const { archive, manifest, runId } = args;
  try {
    checkNames(args);
    return await withFolderLock(operation, dirname(archive), async () => {
      await removeParts(dirname(archive));
      const finished = await findFinished(args, context);
      if (finished !== undefined) {
        // Its attempt may have failed, or been killed, before its names were durable.
        await syncFolder(dirname(archive));
        return toRecord(finished, archive);
      }
      const part = `${archive}.${runId}.part`;
      const snapshot = `${archive}.${runId}.database.part`;
      try {
        const content = await write(args, { part, snapshot }, context);
        await writeDurably(manifest, JSON.stringify(content, undefined, 1), `${manifest}.${runId}.part`);
        await publishNew(part, archive);
        return toRecord(content, archive);
      } catch (error) {
        if (!(await exists(archive))) await rm(manifest, { force: true });
        throw error;
      } finally {
        await removeDatabase(snapshot);
        await rm(part, { force: true });
      }
    });
  } catch (cause) {
    throw explainFailure(operation, cause, archive);
  }
}

async function write(
  {
    database,
    uploads,
    without,
    archive,
    runId,
    host,
    pace = 'fast',
    megabytesPerSecond = null,
  }: CreateBackupArgs,
  { part, snapshot }: { part: string; snapshot: string },
  context: OperationContext,
): Promise<BackupManifest> {
  const { bytes: worstCase } = await roomForBackup({ database, uploads, without });
  await requireFreeSpace(operation, dirname(archive), worstCase);
  const { takenAt } = await snapshotDatabase(operation, database, snapshot, context);
  const bytesPerSecond = megabytesPerSecond === null ? null : megabytesPerSecond * 1_000_000;
  const source = { snapshot, uploads, without, takenAt, bytesPerSecond };
  const [counts, packed] = await bothOrNone(context, [
    (signal) => countBeside(snapshot, signal),
    (signal) => packBackup(source, part, { ...context, signal }),
  ]);
  const { tables, userVersion, schemaHash, journalMode, sqliteVersion } = counts.facts;
  const violations =
    counts.foreignKeyViolations === null ? {} : { foreignKeyViolations: counts.foreignKeyViolations };
  return {
    format: 1,
    createdAt: takenAt.toISOString(),
    runId,
    ...(host === undefined ? {} : { host }),
    archive: basename(archive),
    bytes: packed.bytes,
    sha256: packed.sha256,
    database: { ...packed.database, tables, userVersion, schemaHash, journalMode, ...violations },
    uploads: {
      count: packed.files.length,
      bytes: packed.files.reduce((sum, { size }) => sum + size, 0),
      owners: packed.owners,
      entries: packed.files,
    },
    warnings: packed.warnings,
    sqliteVersion,
    made: { pace, megabytesPerSecond, compressedBy: packed.compressedBy },
  };
}

/** In a process of its own, at the pace of this one: both read the snapshot, and SQLite would hold up the packing. */
function countBeside(snapshot: string, signal: AbortSignal): Promise<SnapshotCounts> {
  // In the middle of a count it hears nothing, and this process has as little time to clean up as it has.
  const options = { signal, stopGraceMs: 0 };
  return besideThisProcess().countSnapshot({ database: snapshot }, options);
}

/** Removes what killed runs left: under the folder lock nobody else is writing. */
async function removeParts(folder: string): Promise<void> {
  for (const name of await readdir(folder)) {
    const isOurs = /^fdts_backup_\d{8}_\d{6}\.tar\.gz\.[\w.-]+\.part(-wal|-shm|-journal)?$/.test(name);
    if (isOurs) await rm(join(folder, name), { force: true });
  }
}

/** The manifest of this run's finished archive; undefined when it has to be made; an error when the name is taken. */
async function findFinished(
  { archive, manifest: path, runId }: CreateBackupArgs,
  { onProgress, signal }: OperationContext,
): Promise<BackupManifest | undefined> {
  const manifest = await readManifest(path);
  const isThere = await exists(archive);
  if (manifest !== undefined && manifest.runId !== runId)
    throw nameTaken(path, `it belongs to run ${manifest.runId}`);
  if (!isThere) return undefined;
  if (manifest === undefined)
    throw nameTaken(archive, 'a file has this name and there is no manifest of this run');
  const phase = 'checking the archive that is there';
  const report = (bytes: number) => onProgress({ phase, bytes, totalBytes: manifest.bytes });
  const { bytes, sha256 } = await hashFile(archive, report, signal);
  if (bytes === manifest.bytes && sha256 === manifest.sha256) return manifest;
  throw nameTaken(archive, 'the archive of this run was changed after it was made');
}

function checkNames({ archive, manifest, runId }: CreateBackupArgs): void {
  if (!/^fdts_backup_\d{8}_\d{6}\.tar\.gz$/.test(basename(archive))) {
    throw wrongName(archive, 'the name of an archive is fdts_backup_YYYYMMDD_HHMMSS.tar.gz');
  }
  if (manifest !== manifestPathOf(archive))
    throw wrongName(manifest, `the manifest is ${manifestPathOf(archive)}`);
  if (!/^[\w.-]{1,100}$/.test(runId))
    throw wrongName(runId, 'a run id has letters, digits, dots, dashes, at most 100');
}

function nameTaken(target: string, cause: string): OperationError {
  const hint = 'move that file away or use another name; backups are never overwritten';
  return new OperationError({ code: 'ALREADY_EXISTS', operation, target, cause, hint, retryable: false });
}

function wrongName(target: string, cause: string): OperationError {
  return new OperationError({
    code: 'BAD_INPUT',
    operation,
    target,
    cause,
    hint: 'correct the name',
    retryable: false,
  });
}
