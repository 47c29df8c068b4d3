import path from 'node:path';
import type { CheckResult } from '../../workflows/contracts/calls.ts';
import { shellQuote } from '../../workflows/contracts/shell-quote.ts';
import {
  type FoundBackup,
  isAhead,
  newestBackup,
  newestVerified,
} from '../adapters/data-owner/newest-backup.ts';
import { ANSWERS } from '../survey/answers.ts';

/**
 * The expected result "a recent backup exists": the newest one that was verified counts, by when it was made. One that is
 * dated ahead of the clock fails it, or it would count as recent for as long as nobody looks.
 */
export function recentBackup(
  backups: readonly FoundBackup[],
  { now, maxAge, folder }: { readonly now: number; readonly maxAge: number; readonly folder: string },
): CheckResult {
  const ahead = backups.filter((backup) => isAhead(backup, now));
  const dated = backups.filter((backup) => !ahead.includes(backup));
  const newest = newestBackup(dated);
  const proven = newestVerified(dated);
  const age = proven === undefined ? Number.POSITIVE_INFINITY : now - Date.parse(proven.createdAt);
  const isRecent = age <= maxAge * 1000;
  const unproven = newest !== undefined && newest !== proven ? [`${told(newest, now)} ${why(newest)}`] : [];
  const wrong =
    ahead.length === 0 ? [] : [`dated ahead of the clock: ${ahead.map((one) => told(one, now)).join(', ')}`];
  return {
    name: 'a recent verified backup exists',
    status: isRecent && ahead.length === 0 ? 'pass' : 'fail',
    expected: `one not older than ${maxAge / 3600} hours${ahead.length === 0 ? '' : ', and none from the future'}`,
    got: [
      proven === undefined ? `none verified in ${folder}` : told(proven, now),
      ...unproven,
      ...wrong,
    ].join('; '),
    answer:
      ahead.length > 0
        ? clockAnswer(ahead, now)
        : unproven.length === 0 || newest?.verified?.partial === true
          ? ANSWERS.manualBackup
          : ANSWERS.backupVerification,
  };
}

function clockAnswer(ahead: readonly FoundBackup[], now: number): string {
  const moves = ahead.slice(0, 3).map(({ archive }) => `sudo mv ${shellQuote(archive)}* ELSEWHERE`);
  return `see that the clock of the host is right (timedatectl; it says ${new Date(now).toISOString()}). When it is, the backup was made while it was not: ${moves.join('; ')}; then ${ANSWERS.manualBackup}`;
}

function why({ verified, source }: FoundBackup): string {
  if (verified?.partial !== true) return 'is not verified';
  const says =
    source === 'site' ? 'the report of its run says' : 'its manifest and the report of its run say';
  return `lacks content of users: ${says} what`;
}

function told({ archive, createdAt }: FoundBackup, now: number): string {
  const hours = (now - Date.parse(createdAt)) / 3_600_000;
  const age = hours < 0 ? `${(-hours).toFixed(1)} hours ahead` : `${hours.toFixed(1)} hours old`;
  return `${path.basename(archive)}, ${age}`;
}
