import path from 'node:path';
import type { CheckResult } from '../../workflows/contracts/calls.ts';
import { type FoundBackup, newestBackup, newestVerified } from '../adapters/data-owner/newest-backup.ts';
import { ANSWERS } from '../survey/answers.ts';

/** The expected result "a recent backup exists": the newest one that was verified counts, by when it was made. */
export function recentBackup(
  backups: readonly FoundBackup[],
  { now, maxAge, folder }: { readonly now: number; readonly maxAge: number; readonly folder: string },
): CheckResult {
  const newest = newestBackup(backups);
  const proven = newestVerified(backups);
  const age = proven === undefined ? Number.POSITIVE_INFINITY : now - Date.parse(proven.createdAt);
  const isRecent = age <= maxAge * 1000;
  const unproven = newest !== undefined && newest !== proven ? `; ${told(newest, now)} is not verified` : '';
  return {
    name: 'a recent verified backup exists',
    status: isRecent ? 'pass' : 'fail',
    expected: `one not older than ${maxAge / 3600} hours`,
    got: `${proven === undefined ? `none verified in ${folder}` : told(proven, now)}${unproven}`,
    answer: unproven === '' ? ANSWERS.manualBackup : ANSWERS.backupVerification,
  };
}

function told({ archive, createdAt }: FoundBackup, now: number): string {
  return `${path.basename(archive)}, ${((now - Date.parse(createdAt)) / 3_600_000).toFixed(1)} hours old`;
}
