import { mkdir, rename, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { errorCode } from '../../error-code.ts';
import { OperationError } from '../../operation-error.ts';
import { checkBackup } from '../archive/check-backup.ts';
import type { DatabaseRules } from '../archive/judge-database.ts';
import type { LiveUploads } from '../archive/live-uploads.ts';
import type { OperationContext } from '../child-messages.ts';
import { syncFolder } from '../files/durable-file.ts';
import { explainFailure } from '../files/explain-failure.ts';
import { withFolderLock } from '../files/folder-lock.ts';
import { OwnerListing } from '../files/owner-listing.ts';
import { SPARE_FOR_APP } from '../files/require-free-space.ts';
import { topEntries } from '../files/upload-entries.ts';
import { type KnownUpload, writeListing } from '../files/upload-listing.ts';
import { nameOf } from '../files/upload-name.ts';
import { walkUploads } from '../files/walk-uploads.ts';
import { hasUploads } from '../restore/has-uploads.ts';
import { KNOWN_PARTIAL, knownPartial } from '../restore/known-partial.ts';
import { keepCopy, makeReady } from '../restore/make-ready.ts';
import { requireMovable } from '../restore/require-movable.ts';
import { restoreFolders } from '../restore/restore-folders.ts';
import {
  type RestorePlace,
  type RestoreRecord,
  readRestoreRecord,
  removeRestoreRecord,
  type StagedBackup,
  writeRestoreRecord,
} from '../restore/restore-record.ts';
import { tellExcluded, tellKept } from '../restore/uploads-told.ts';
import { forgetVerified } from './forget-verified.ts';

/** Which backup to stage for which place. */
export interface StageRestoreArgs extends RestorePlace, DatabaseRules {
  archive: string;
  /** Left out for an archive that another program made; a finding says so. */
  manifest?: string;
  /** The uploads of the host that it is of: without a manifest it is compared with them, unless a verification was before. */
  live?: LiveUploads;
  /** Of a backup whose manifest does not say that it is whole the database alone is restored, as long as there are uploads to keep. */
  keepsUploadsUnlessWhole?: boolean;
  /** Tables without which it is no database of this app. */
  coreTables: readonly string[];
}

const operation = 'stageRestore';

/**
 * Extracts a backup, database and uploads, beside the live data and proves it: every hash, integrity, foreign keys, rows
 * and uploads. Touches nothing that is live. Repeating it answers the same; another archive takes the place of what the
 * same run staged before. A kill leaves a part that the repeat makes anew, and that `discardStaged` removes.
 */
export async function stageRestore(args: StageRestoreArgs, context: OperationContext): Promise<StagedBackup> {
  const { asideDir, archive, database, runId } = args;
  try {
    return await withFolderLock(operation, dirname(database), async () => {
      await requireMovable(operation, { ...args, mayKeepUploads: args.keepsUploadsUnlessWhole ?? false });
      const record = await readRestoreRecord(asideDir);
      if (record !== undefined && record.runId !== runId)
        throw refuse('ALREADY_EXISTS', asideDir, `it belongs to run ${record.runId}`);
      if (record?.staged.archive === archive) return record.staged;
      if (record !== undefined) await forgetOther(record, args);
      return stage(args, context);
    });
  } catch (cause) {
    throw explainFailure(operation, cause, archive);
  }
}

/** What the run staged before, and may have been killed over: not an answer for this archive, nor to be mixed with it. */
async function forgetOther({ phase, staged }: RestoreRecord, { asideDir, archive }: StageRestoreArgs) {
  if (phase !== 'staged')
    throw refuse('ALREADY_EXISTS', archive, `the restore of ${staged.archive} is ${phase} in ${asideDir}`);
  await removeRestoreRecord(asideDir);
}

async function stage(args: StageRestoreArgs, context: OperationContext): Promise<StagedBackup> {
  const { live, keepsUploadsUnlessWhole = false, ...rest } = args;
  const { asideDir, archive, database, uploads, runId } = rest;
  const known = await knownPartial(rest);
  await mkdir(asideDir, { recursive: true, mode: 0o750 });
  const uploadsAside = (await isSameFileSystem(asideDir, uploads))
    ? asideDir
    : join(uploads, `.fdts-ops-${runId}`);
  const folders = restoreFolders(asideDir, uploadsAside);
  for (const folder of [folders.staging, folders.stagedUploads]) {
    await rm(folder, { recursive: true, force: true });
    await mkdir(folder, { recursive: true, mode: 0o750 });
  }
  const listing = await OwnerListing.at(folders.stagedOwners);
  const check = {
    ...rest,
    // Called whole when users' uploads were as they were: those of now may be what the restore is to mend.
    ...(live !== undefined && known !== false && { live }),
    folder: folders.staging,
    full: true,
    uploadsFolder: folders.stagedUploads,
    syncUploads: true,
    onUpload: (entry: Parameters<OwnerListing['add']>[0]) => listing.add(entry),
  };
  const { reasons, checked } = await closingAfter(listing, checkBackup(check, context));
  const { tables } = checked.database;
  const missing = args.coreTables.filter((table) => tables[table] === undefined);
  if (reasons.length === 0 && missing.length > 0)
    reasons.push(`it is not of this app: tables missing: ${missing.join(', ')}`);
  if (reasons.length > 0) await forgetVerified({ archive }, context).catch(() => undefined);
  if (reasons.length > 0) throw refuse('BACKUP_INVALID', archive, reasons.slice(0, 20).join('; '));
  await makeReady(database, folders.stagedDatabase, new Date(checked.createdAt));
  await keepCopy(operation, folders.stagedDatabase, folders.restoredCopy, { spare: SPARE_FOR_APP });
  await writeListing(folders.stagedListing, await listFiles(folders.stagedUploads));
  for (const folder of [folders.staging, asideDir, uploadsAside, dirname(database), uploads])
    await syncFolder(folder);
  const without = args.without ?? [];
  const inBackup = new Set((await topEntries(folders.stagedUploads)).map(nameOf));
  const stays = without.filter((name) => !inBackup.has(name));
  const isWhole = args.manifest !== undefined && !checked.partial;
  const keepsUploads = keepsUploadsUnlessWhole && !isWhole && (await hasUploads(uploads, without));
  // What stays in its place need not be movable.
  if (keepsUploadsUnlessWhole && !keepsUploads) await requireMovable(operation, args);
  const staged: StagedBackup = {
    archive,
    bytes: checked.bytes,
    sha256: checked.sha256,
    createdAt: checked.createdAt,
    tables,
    userVersion: checked.database.userVersion,
    schemaHash: checked.database.schemaHash,
    uploads: checked.uploads,
    owners: { count: listing.count, writableByAll: listing.writableByAll, before: checked.owners },
    partial: checked.partial || known === true,
    isCompared: checked.isCompared || known !== undefined,
    ...(keepsUploads && { keepsUploads }),
    findings: [
      ...(known === true && !checked.partial ? [KNOWN_PARTIAL] : []),
      ...checked.findings,
      ...(keepsUploads ? [tellKept(folders.stagedUploads)] : tellExcluded(without, stays)),
    ],
    notProven: checked.notProven,
  };
  const place = { runId, database, uploads, uploadsAside, stays };
  await writeRestoreRecord(asideDir, {
    format: 1,
    ...place,
    phase: 'staged',
    keepsUploads,
    staged,
    original: null,
  });
  return staged;
}

/** Device numbers say too little: the same disk that is mounted twice does not rename between its mounts either. */
async function isSameFileSystem(asideDir: string, uploads: string): Promise<boolean> {
  const here = join(asideDir, 'probe');
  const there = join(uploads, '.fdts-ops-probe');
  await writeFile(here, '');
  try {
    await rename(here, there);
    return true;
  } catch (error) {
    if (errorCode(error) !== 'EXDEV') throw error;
    return false;
  } finally {
    await rm(here, { force: true });
    await rm(there, { force: true });
  }
}

async function listFiles(folder: string): Promise<KnownUpload[]> {
  const known: KnownUpload[] = [];
  for await (const { path, size, mtimeNs, isFolder } of walkUploads(folder))
    if (!isFolder) known.push({ path, size, mtimeNs });
  return known;
}

function refuse(code: string, target: string, cause: string): OperationError {
  const hint = 'nothing was changed; choose another backup with the input "archive", then start again';
  return new OperationError({ code, operation, target, cause, hint, retryable: false });
}

async function closingAfter<Result>(listing: OwnerListing, work: Promise<Result>): Promise<Result> {
  try {
    return await work;
  } finally {
    await listing.close();
  }
}
