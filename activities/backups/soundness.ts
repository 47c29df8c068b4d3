import type { CheckResult } from '../../workflows/contracts/calls.ts';

// A backup is as sound as the live database: what is wrong with that one, or cannot be proven of it, is told and fails nothing.

/** What of a backup no check could prove; nothing when all of it could be checked. */
export function notProvenCheck(notProven: readonly string[]): CheckResult[] {
  if (notProven.length === 0) return [];
  return [
    {
      name: 'all of the backup could be checked',
      status: 'not proven',
      expected: 'no row that points to none, and nothing that only the app can check',
      got: notProven.join('; '),
      answer: 'the live database is the same: ask whoever maintains the app',
    },
  ];
}

/** What a backup lacks of the uploads that users have, and what its script is to do otherwise; nothing when it is one of them. */
export function lackCheck(lacking: string | null): CheckResult[] {
  if (lacking === null) return [];
  return [
    {
      name: 'the uploads of users are in it',
      status: 'fail',
      expected: 'most of those that are older than it, at their path',
      got: lacking,
      answer:
        "have the site's script pack what is in the uploads folder, not the folder itself, nor another one: tar -czf uploads.tar.gz -C FOLDER . ; what no backup is to have belongs into data.uploadsExclude. Then: fdts-ops start manualBackup",
    },
  ];
}

/** What could not be written or taken back beside a backup; nothing when it is as it should be. */
export function unwrittenCheck(unwritten: string): CheckResult[] {
  if (unwritten === '') return [];
  return [
    {
      name: 'the record of the verification is written',
      status: 'not proven',
      expected: 'beside the archive: retention, the choice of a backup and the daily check go by it',
      got: unwritten,
      answer: 'see that the place can be written (dmesg, df, mount), then: fdts-ops start backupVerification',
    },
  ];
}

/** Rows of the live database that point to none. */
export function foreignKeyCheck(violations: number): CheckResult[] {
  if (violations === 0) return [];
  return [
    {
      name: 'foreign keys of the database',
      status: 'not proven',
      expected: '0 rows that point to none',
      got: `${violations} rows; its backups have them too`,
      answer: 'ask whoever maintains the app; a restore brings such rows back',
    },
  ];
}

/** The same in the words of a report on a backup that was made. */
export function violationLines(violations: number): string[] {
  return violations === 0
    ? []
    : [`${violations} rows of the live database violate foreign keys, and so do those of the backup`];
}
