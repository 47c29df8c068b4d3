import { readFile } from 'node:fs/promises';
import type { BackupSource, VerifyMode } from '../../../../workflows/contracts/backup-verdict.ts';

/**
 * The file `<archive>.verified.json`: this archive was verified, and with what result. It counts only while the archive
 * is the one that was verified.
 */
export interface VerifiedRecord {
  format: 1;
  sha256: string;
  bytes: number;
  /** When the archive was last written, UTC: with its size it says cheaply that the archive is still the same. */
  modifiedAt: string;
  /** UTC, ISO 8601. */
  verifiedAt: string;
  mode: VerifyMode;
  /** Content of users was missing when it was made; absent in a record of an earlier version. */
  partial?: boolean;
  /** Rows of each table. */
  tables: Record<string, number>;
  uploads: { count: number; bytes: number };
  source: BackupSource;
  /** The name of the host that made it; absent where nothing said it, and in a record of an earlier version. */
  host?: string;
}

/** Where the record of an archive's verification lies. */
export function verifiedRecordOf(archive: string): string {
  return `${archive}.verified.json`;
}

/** The record of an archive that is as it was then; null without one, or when it no longer counts. */
export async function readVerifiedRecord(
  archive: string,
  found: { size: number; mtime: Date },
): Promise<VerifiedRecord | null> {
  const text = await readFile(verifiedRecordOf(archive), 'utf8').catch(() => null);
  const record = text === null ? null : parse(text);
  if (record === null) return null;
  const isSame = record.bytes === found.size && record.modifiedAt === found.mtime.toISOString();
  return isSame ? record : null;
}

/** A record that is damaged is as good as none: the archive is simply verified again. */
function parse(text: string): VerifiedRecord | null {
  try {
    const record: VerifiedRecord = JSON.parse(text);
    const isWhole =
      record.format === 1 &&
      typeof record.sha256 === 'string' &&
      typeof record.bytes === 'number' &&
      !Number.isNaN(Date.parse(record.verifiedAt)) &&
      (record.mode === 'quick' || record.mode === 'full');
    return isWhole ? record : null;
  } catch {
    return null;
  }
}
