import type { ArchiveVerdict, BootVerdict, FoundArchive, VerifyMode } from '../contracts/backup-verdict.ts';
import type { CheckResult } from '../contracts/calls.ts';
import type { RunReport } from '../contracts/report.ts';
import { read } from '../engine/calls.ts';
import { checkEach } from '../engine/check-each.ts';
import type { CommonInput } from '../engine/input.ts';
import { defineProcedure } from '../engine/procedure.ts';
import type { Run } from '../engine/run.ts';
import { runProcedure } from '../engine/run-procedure.ts';
import { copySettings } from './steps/rehearsal.ts';

export interface BackupVerificationInput extends CommonInput {
  /** `deep` is the default. */
  readonly mode?: VerifyMode | 'deep';
  readonly days?: number;
}

export const backupVerificationProcedure = defineProcedure({
  type: 'backupVerification',
  title: 'Backup verification',
  section: 'Backup and Recovery / Backup Verification',
  summary:
    'Restores every recent backup into scratch, one after the other, and checks all of it: those of fdts-ops and those of the site, here and on external storage. Leaves a record beside each good one. Then boots the app from the newest good one in a throwaway copy that shares nothing with FDTS, and logs in.',
  beyond:
    'Looks at every recent archive, here and on external storage, restores each whole and checks all of it, boots the app from the newest good one and logs in, and asks that a good one is recent.',
  // It needs no hold: a window goes on beside it, and while that holds FDTS down this one waits.
  mutating: false,
  safeState: 'as before: FDTS and its backups are only read',
  input: {
    mode: {
      type: 'choice',
      oneOf: ['quick', 'full', 'deep'],
      describe:
        "deep (default) boots the app from the newest good one; full checks the database's indexes too; quick is faster",
      example: 'deep',
    },
    days: { type: 'count', describe: 'how old a backup may be to be looked at; default: 8', example: 8 },
  },
  settings: [
    'backups.maxAge',
    'backups.external',
    'data.coreTables',
    'maintenance.healthTimeout',
    ...copySettings,
  ],
  steps: {
    'find-backups': {
      kind: 'check',
      title: 'Find the recent backups',
      paper: '1. ls of the backups',
      expectedSeconds: 2,
    },
    'verify-backups': {
      kind: 'check',
      title: 'Restore each into scratch and check all of it',
      paper: '2. tar -tzf; 3. integrity_check',
    },
    'boot-newest': {
      kind: 'check',
      title: 'Boot the app from the newest good one in a throwaway copy, and log in',
      paper: '3. database extraction',
      expectedSeconds: 30,
    },
    'check-recent': {
      kind: 'check',
      title: 'Check that a good one is recent',
      paper: '1. ls of the backups',
      expectedSeconds: 1,
    },
  },
});

/** Longer than the week between two runs, so that no backup is left out. */
const DAYS = 8;

/** Proves every recent backup. A bad one is told with what answers it, and hides nothing of the good ones. */
export async function backupVerification(input?: BackupVerificationInput): Promise<RunReport> {
  return runProcedure(backupVerificationProcedure, input, async (run, options) => {
    const isDeep = (options.mode ?? 'deep') === 'deep';
    const mode = options.mode === 'quick' ? 'quick' : 'full';
    const days = options.days ?? DAYS;
    const found = await run.check('find-backups', read.findArchives({ days }));
    run.verify(found.checks, 'report');
    const table: string[] = [];
    const good: FoundArchive[] = [];
    try {
      await checkEach(run, 'verify-backups', found.archives, {
        call: ({ archive, source }) => read.verifyArchive({ archive, source, mode, record: !run.dryRun }),
        orElse: ({ archive }, told) => notExamined(archive, told),
        take: (archive, verdict) => {
          table.push(line(archive, verdict, mode));
          if (verdict.result === 'good') good.push(archive);
          run.verify([checkOf(verdict)], 'report');
        },
      });
    } finally {
      run.section(TABLE, table);
      run.section('Left out', [
        ...(found.older === 0 ? [] : [`${found.older} archives older than ${days} days`]),
        ...found.ignored,
      ]);
    }
    const [newest] = good;
    if (run.dryRun) run.skip('boot-newest', 'dry run: no throwaway copy is made');
    else if (!isDeep) run.skip('boot-newest', `mode ${mode}: the app was not booted`);
    else if (newest === undefined) run.skip('boot-newest', 'there is no good backup to boot from');
    else await bootNewest(run, newest);
    run.verify((await run.check('check-recent', read.checkBackups({}))).checks, 'report');
  });
}

/** A machine that cannot run a copy says nothing about the backup: then it is not proven, and the run goes on. */
async function bootNewest(run: Run<(typeof backupVerificationProcedure)['steps']>, newest: FoundArchive) {
  await checkEach(run, 'boot-newest', [newest], {
    call: ({ archive, source }) => read.bootArchive({ archive, source }),
    orElse: ({ archive }, told): BootVerdict => ({
      archive,
      result: 'not proven',
      reason: told,
      checks: [],
      seconds: null,
    }),
    take: ({ archive }, verdict) => run.verify([bootCheck(archive, verdict), ...verdict.checks], 'report'),
  });
}

function bootCheck(archive: string, { result, reason, seconds }: BootVerdict): CheckResult {
  const up = seconds === null ? '' : `healthy ${seconds.toFixed(1)} s after it was made`;
  return {
    name: `the app runs on backup ${split(archive).name}`,
    status: STATUS[result],
    expected: 'in a throwaway copy it is healthy, a user can log in, and the rows are there',
    got: [result, ...(up === '' ? [] : [up]), ...(reason === '' ? [] : [reason])].join(': '),
    ...(result === 'bad' ? { answer: BAD_BOOT } : {}),
    ...(result === 'not proven' ? { answer: 'see the reason; mode full leaves this out' } : {}),
  };
}

const BAD_BOOT =
  'see the reason; then fdts-ops start manualBackup and fdts-ops start backupVerification. Restore from no backup on which the app does not run';

const TABLE = 'Backups: result | name | made by | folder | age | size | check | rows | uploads | reason';

function line({ archive, source, bytes, ageHours }: FoundArchive, verdict: ArchiveVerdict, mode: string) {
  const { folder, name } = split(archive);
  return [
    verdict.result,
    name,
    source,
    folder,
    `${ageHours.toFixed(1)} h`,
    `${(bytes / 1_000_000).toFixed(1)} MB`,
    mode,
    verdict.rows || '-',
    verdict.uploads ?? '-',
    verdict.reason || '-',
  ].join(' | ');
}

const STATUS = { good: 'pass', bad: 'fail', gone: 'skipped', 'not proven': 'not proven' } as const;

function checkOf({ archive, result, reason, rows, uploads }: ArchiveVerdict): CheckResult {
  const { folder, name } = split(archive);
  return {
    name: `backup ${name} in ${folder}`,
    status: STATUS[result],
    expected: 'it restores: hashes, integrity, foreign keys, rows and uploads all right',
    got: result === 'good' ? `good: ${rows}, ${uploads} uploads` : `${result}: ${reason}`,
    ...(result === 'bad' ? { answer: BAD } : {}),
    ...(result === 'not proven' ? { answer: 'see the reason, then: fdts-ops start backupVerification' } : {}),
  };
}

const BAD = 'make a new one with fdts-ops start manualBackup, and move this one away: never restore from it';

function notExamined(archive: string, told: string): ArchiveVerdict {
  return { archive, result: 'not proven', reason: told, rows: '', uploads: null, sha256: null };
}

function split(archive: string): { readonly folder: string; readonly name: string } {
  const at = archive.lastIndexOf('/');
  return { folder: archive.slice(0, at), name: archive.slice(at + 1) };
}
