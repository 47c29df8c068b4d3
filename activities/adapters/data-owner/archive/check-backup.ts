import { lstat } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { errorCode, errorMessage } from '../../error-code.ts';
import type { OperationContext } from '../child-messages.ts';
import { isLoss } from '../files/upload-problem.ts';
import { timeInName, timeOfSiteArchive } from './archive-time.ts';
import {
  type BackedUpDatabase,
  type BackupManifest,
  readManifest,
  type UploadOwners,
} from './backup-manifest.ts';
import { type ArchiveCheck, type CheckedArchive, checkArchive } from './check-archive.ts';
import { checkExtractedDatabase, databaseTimeLimit } from './check-extracted-database.ts';
import { EarlyInspection } from './early-inspection.ts';
import { type ExtractionOptions, UploadExtraction } from './extract-uploads.ts';
import { type DatabaseRules, judgeDatabase } from './judge-database.ts';
import { type ComparedWithLive, compareWithLive, type LiveUploads } from './live-uploads.ts';
import { readingArchive } from './unreadable-archive.ts';
import type { UploadNames } from './upload-names.ts';

/** What a check of a backup saw. */
export interface CheckedBackup {
  bytes: number;
  sha256: string;
  /** UTC, ISO 8601: from the manifest, else the time of the file. */
  createdAt: string;
  database: BackedUpDatabase;
  uploads: { count: number; bytes: number };
  /** Whom its uploads belonged to, by its manifest; null when it does not say. */
  owners: UploadOwners | null;
  /** Its manifest says that content of users could not be read when it was made; or see `lacking`. */
  partial: boolean;
  /** Its manifest, or uploads that are old enough to be in it, said what it must have. */
  isCompared: boolean;
  /** Why it is no backup of the uploads that users have; null when it is, or nothing was there to compare it with. */
  lacking: string | null;
  /** Remarks that are no reason to refuse it. */
  findings: string[];
  /** Those of them that say what of its database no check could prove. */
  notProven: string[];
}

/** Full paths, and how strict to be. */
export interface CheckBackupArgs extends DatabaseRules {
  archive: string;
  manifest?: string;
  /** Where the database is left as `database.sqlite`. */
  folder: string;
  /** integrity_check; else quick_check, but only where a manifest says what must be there. */
  full: boolean;
  /** An empty folder where the uploads are extracted in the same pass; what is in it counts only without reasons. */
  uploadsFolder?: string;
  /** Makes each extracted upload, and the database, durable. */
  syncUploads?: boolean;
  /** Told of each upload that is extracted. */
  onUpload?: ExtractionOptions['onEntry'];
  /** How long the check of the database may take; the default grows with its size. */
  databaseTimeLimitMs?: number;
  /** The uploads of the host that it is of: an archive without a manifest is compared with them. */
  live?: LiveUploads;
}

/**
 * Checks an archive and its database, which is left as `<folder>/database.sqlite`; its check begins while the uploads
 * are still being read. `reasons` is empty when it is good.
 */
export async function checkBackup(
  args: CheckBackupArgs,
  context: OperationContext,
): Promise<{ reasons: string[]; checked: CheckedBackup; databaseFile: string }> {
  const { archive } = args;
  const databaseFile = join(args.folder, 'database.sqlite');
  const reasons: string[] = [];
  const findings: string[] = [];
  const manifest = await findManifest(args.manifest, reasons, findings);
  const given = args.databaseTimeLimitMs;
  const { live } = args;
  let compared: ComparedWithLive = { older: 0, lacking: null };
  const onUploadNames = async (names: UploadNames) => {
    if (live !== undefined && args.manifest === undefined)
      compared = await compareWithLive(names, live, await madeAt(archive));
  };
  const inspection = new EarlyInspection((bytes, signal) =>
    checkExtractedDatabase(
      {
        database: databaseFile,
        full: args.full || manifest === undefined,
        timeLimitMs: given ?? databaseTimeLimit(bytes),
      },
      { ...context, signal: AbortSignal.any([context.signal, signal]) },
    ),
  );
  try {
    const { bytes, sha256, database, uploads } = await readArchive(
      {
        ...args,
        databaseFile,
        manifest,
        onUploadNames,
        onDatabase: ({ bytes: size }) => inspection.start(size),
      },
      reasons,
      context,
    );
    const createdAt = manifest?.createdAt ?? (await modifiedAt(archive)).toISOString();
    const { older, lacking } = compared;
    const isCut = manifest?.warnings.some(isLoss) ?? false;
    if (isCut) findings.push('PARTIAL: content of users could not be read when it was made');
    if (lacking !== null) findings.push(`PARTIAL: ${lacking}`);
    const unknown = { tables: {}, userVersion: 0, schemaHash: '', journalMode: '' };
    const checked: CheckedBackup = {
      bytes,
      sha256,
      createdAt,
      uploads,
      owners: manifest?.uploads.owners ?? null,
      partial: isCut || lacking !== null,
      isCompared: manifest !== undefined || older > 0,
      lacking,
      findings,
      notProven: [],
      database: { ...database, ...unknown },
    };
    if (reasons.length > 0) return { reasons, checked, databaseFile };
    const result = await inspection.result();
    if ('refusal' in result) return { reasons: [result.refusal], checked, databaseFile };
    const { tables, userVersion, schemaHash, journalMode } = result.inspection;
    checked.database = { ...database, tables, userVersion, schemaHash, journalMode };
    const verdict = judgeDatabase(result.inspection, args, manifest);
    findings.push(...verdict.notProven);
    checked.notProven = verdict.notProven;
    return { reasons: verdict.reasons, checked, databaseFile };
  } finally {
    await inspection.stop();
  }
}

async function modifiedAt(archive: string): Promise<Date> {
  return (await readingArchive(archive, () => lstat(archive))).mtime;
}

async function madeAt(archive: string): Promise<Date> {
  return timeOfSiteArchive(timeInName(basename(archive)), await modifiedAt(archive));
}

async function readArchive(
  args: Omit<ArchiveCheck, 'extraction' | 'syncDatabase'> &
    Pick<CheckBackupArgs, 'uploadsFolder' | 'syncUploads' | 'onUpload'>,
  reasons: string[],
  context: OperationContext,
): Promise<CheckedArchive> {
  const { uploadsFolder, syncUploads: sync = false, onUpload: onEntry } = args;
  const check = { ...args, syncDatabase: sync, extraction: undefined };
  if (uploadsFolder === undefined) return checkArchive(check, reasons, context);
  const extraction = await UploadExtraction.into(uploadsFolder, { sync, onEntry });
  try {
    return await checkArchive({ ...check, extraction }, reasons, context);
  } finally {
    await extraction.close();
  }
}

async function findManifest(
  path: string | undefined,
  reasons: string[],
  findings: string[],
): Promise<BackupManifest | undefined> {
  try {
    const manifest = path === undefined ? undefined : await readingArchive(path, () => readManifest(path));
    if (manifest === undefined)
      findings.push('there is no manifest: the content was checked but compared with nothing');
    return manifest;
  } catch (error) {
    if (errorCode(error) !== '') throw error;
    reasons.push(errorMessage(error));
    return undefined;
  }
}
