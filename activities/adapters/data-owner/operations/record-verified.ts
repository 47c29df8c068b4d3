import { existsSync } from 'node:fs';
import { lstat, readdir, rm } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { OperationError } from '../../operation-error.ts';
import { readVerifiedRecord, type VerifiedRecord, verifiedRecordOf } from '../archive/verified-record.ts';
import type { OperationContext } from '../child-messages.ts';
import { writeDurably } from '../files/durable-file.ts';
import { explainFailure } from '../files/explain-failure.ts';

const operation = 'recordVerified';
const PART = /^\.fdts_backup_.*\.verified\.(\d+)\.part$/;

/**
 * Writes down beside an archive that it was verified. Replaces an older record of it, whole or not at all; repeating it
 * is safe. No lock is taken, so that it never waits for a backup under way.
 */
export async function recordVerified(
  args: { archive: string } & Omit<VerifiedRecord, 'format' | 'modifiedAt' | 'verifiedAt'>,
  _context: OperationContext,
): Promise<VerifiedRecord> {
  const { archive, ...seen } = args;
  try {
    const { size, mtime } = await lstat(archive);
    if (size !== seen.bytes) throw changedMeanwhile(archive, size, seen.bytes);
    const known = await readVerifiedRecord(archive, { size, mtime });
    // A quick look at what was fully proven proves nothing less.
    if (known?.mode === 'full' && known.sha256 === seen.sha256 && seen.mode === 'quick') return known;
    const record: VerifiedRecord = {
      format: 1,
      // Whoever verifies a copy on shared storage need not know whose it is.
      ...(known?.host === undefined ? {} : { host: known.host }),
      // Whoever had nothing to compare it with has not seen what it lacks, or that it lacks nothing.
      ...(known?.sha256 === seen.sha256 && known.partial !== undefined ? { partial: known.partial } : {}),
      ...seen,
      modifiedAt: mtime.toISOString(),
      verifiedAt: new Date().toISOString(),
    };
    const folder = dirname(archive);
    await removeDeadParts(folder);
    // Hidden, and of no pattern that a backup under way clears away.
    const part = join(folder, `.${basename(archive)}.verified.${process.pid}.part`);
    await writeDurably(verifiedRecordOf(archive), JSON.stringify(record, undefined, 1), part);
    return record;
  } catch (cause) {
    throw explainFailure(operation, cause, archive);
  }
}

async function removeDeadParts(folder: string): Promise<void> {
  for (const name of await readdir(folder)) {
    const pid = PART.exec(name)?.[1];
    if (pid !== undefined && !existsSync(`/proc/${pid}`)) await rm(join(folder, name), { force: true });
  }
}

function changedMeanwhile(target: string, size: number, expected: number): OperationError {
  return new OperationError({
    code: 'BACKUP_CHANGED',
    operation,
    target,
    cause: `it has ${size} bytes now, and had ${expected} when it was verified`,
    hint: 'something else writes this file: find out what, then verify it again',
    retryable: false,
  });
}
