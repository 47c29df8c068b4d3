import path from 'node:path';
import type {
  ArchiveVerdict,
  BackupSource,
  FoundArchive,
  FoundArchives,
  VerifyMode,
} from '../../workflows/contracts/backup-verdict.ts';
import type { CheckResult } from '../../workflows/contracts/calls.ts';
import { type FoundBackup, isAhead } from '../adapters/data-owner/newest-backup.ts';
import type { DataOwner } from '../adapters/data-owner/run-as-owner.ts';
import { OperationError } from '../adapters/operation-error.ts';
import { giveWay } from '../execution/give-way.ts';
import type { Read, ReadContext } from '../execution/mutation.ts';
import type { Host } from '../host.ts';
import { ANSWERS } from '../survey/answers.ts';
import { notAsBefore, nothingOf, rowsOf, told } from './archive-verdict.ts';
import { ignoredNames } from './backup-folder-names.ts';
import { otherHostOf } from './of-another-host.ts';
import { lackCheck, notProvenCheck, unwrittenCheck } from './soundness.ts';
import { toldToo, verificationRecord } from './verification-record.ts';

type VerifyingHost = Pick<Host, 'config'> & {
  readonly data: Pick<
    DataOwner,
    'listBackups' | 'lookAtFolder' | 'verifyBackup' | 'recordVerified' | 'forgetVerified'
  >;
};

interface ArchiveToVerify {
  readonly archive: string;
  readonly source: BackupSource;
}

/**
 * Proving backups. A verification is a check: it changes nothing that FDTS or a procedure works with, and so needs
 * neither hold nor journal. It leaves two things: nothing in scratch, and the record beside an archive that passed.
 */
export function backupVerificationReads({ config, data }: VerifyingHost) {
  const { folder, external, scratch } = config.backups;
  const { coreTables, allowForeignKeyViolations, uploads, uploadsExclude: without } = config.data;
  const { record, forget } = verificationRecord(data, config);

  /** Nothing but the uploads that users have says what must be in an archive without a manifest, if it is of this host. */
  async function prove({ archive, source }: ArchiveToVerify, how: Proving, context: Examining) {
    const { signal, progress } = context;
    const { mode, isOwn } = how;
    const beside =
      source === 'fdts-ops'
        ? { manifest: `${archive}.manifest.json` }
        : isOwn && { live: { uploads, without } };
    const verified = await data.verifyBackup(
      { archive, ...beside, scratch, full: mode === 'full', allowForeignKeyViolations },
      { signal, onProgress: progress },
    );
    const missing = coreTables.filter((table) => verified.database.tables[table] === undefined);
    return { verified, missing };
  }

  /** Restores the archive into scratch and checks all of it. Leaves the record of it; repeating it is safe. */
  const verifyBackup: Read<ArchiveToVerify, { readonly checks: readonly CheckResult[] }> = async (
    context,
    input,
  ) => {
    const how = { mode: 'full', isOwn: true } as const;
    const { missing, ...proven } = await prove(input, how, context).catch(async (error: unknown) => {
      throw isBad(error) ? toldToo(error, await forget(input.archive)) : error;
    });
    const { verified } = proven;
    const unwritten =
      missing.length === 0
        ? await record({ ...input, mode: 'full', ...proven })
        : await forget(input.archive);
    return {
      checks: [
        {
          name: 'the backup restores',
          status: missing.length === 0 ? 'pass' : 'fail',
          expected: 'hashes, integrity, foreign keys, row counts and uploads all right',
          got:
            missing.length === 0
              ? `all right: ${rowsOf(verified.database.tables, coreTables)}, ${verified.uploads.count} uploads`
              : `tables missing: ${missing.join(', ')}`,
          answer: ANSWERS.manualBackup,
        },
        ...lackCheck(verified.lacking),
        ...notProvenCheck(verified.notProven),
        ...unwrittenCheck(unwritten),
      ],
    };
  };

  /** The archives of the last days, in the backup folder and on external storage, and what else lies there. */
  const findArchives: Read<{ readonly days: number }, FoundArchives> = async ({ signal }, { days }) => {
    const places = [folder, ...(external === null ? [] : [external])];
    const found = await Promise.all(places.map((place) => lookInto(place, signal)));
    const all = found.flatMap(({ archives }) => archives);
    const archives = all.filter(({ ageHours }) => ageHours <= days * 24);
    return {
      // The app is booted from the first good one, which has to be the newest in truth, and of this host.
      archives: archives.sort(
        (a, b) =>
          Number(a.otherHost !== undefined) - Number(b.otherHost !== undefined) ||
          Number(isAhead(a)) - Number(isAhead(b)) ||
          b.createdAt.localeCompare(a.createdAt),
      ),
      older: all.length - archives.length,
      ignored: found.flatMap(({ ignored }) => ignored),
      checks: found.flatMap(({ checks }) => checks),
    };
  };

  // A place that cannot be read must not hide the archives of the other one.
  async function lookInto(place: string, signal: AbortSignal): Promise<Omit<FoundArchives, 'older'>> {
    const check = { name: `backups in ${place}`, expected: 'the folder can be read' };
    try {
      const backups = await data.listBackups({ directory: place }, { signal });
      const entries = await data.lookAtFolder({ directory: place }, { signal });
      return {
        archives: backups.map((backup) => toFound(backup, otherHostOf(config, backup))),
        ignored: ignoredNames(place, entries),
        checks: [{ ...check, status: 'pass', got: `${backups.length} archives` }],
      };
    } catch (error) {
      if (!(error instanceof OperationError) || error.retryable) throw error;
      const answer = `${error.hint}; is it mounted?`;
      return {
        archives: [],
        ignored: [],
        checks: [{ ...check, status: 'fail', got: error.message, answer }],
      };
    }
  }

  /**
   * Verifies one archive, giving way to a change that holds FDTS down. A bad one is an answer, no failure. `record`
   * false (a dry run) leaves nothing beside a good one.
   */
  const verifyArchive: Read<
    ArchiveToVerify & { readonly mode: VerifyMode; readonly record: boolean },
    ArchiveVerdict
  > = async (context, input) => {
    const { archive, mode } = input;
    const earlier = (await data.listBackups({ directory: path.dirname(archive) }, context)).find(
      (backup) => backup.archive === archive,
    );
    if (earlier === undefined) return { ...nothingOf(archive), result: 'gone', reason: 'removed meanwhile' };
    try {
      const isOwn = otherHostOf(config, earlier) === null;
      const { missing, ...proven } = await giveWay(context.signal, (signal) =>
        prove(input, { mode, isOwn }, { ...context, signal }),
      );
      const { verified } = proven;
      const reason = notAsBefore(verified, earlier.verified?.sha256, missing);
      const unwritten = input.record
        ? await (reason === '' ? record({ ...input, ...proven }) : forget(archive))
        : '';
      return {
        archive,
        result: reason === '' ? 'good' : 'bad',
        reason: told([...(reason === '' ? verified.findings : [reason]), unwritten]),
        rows: rowsOf(verified.database.tables, coreTables),
        uploads: verified.uploads.count,
        sha256: verified.sha256,
      };
    } catch (error) {
      if (!isBad(error)) throw error;
      const unwritten = input.record ? await forget(archive) : '';
      return { ...nothingOf(archive), result: 'bad', reason: told([error.message, unwritten]) };
    }
  };

  return { verifyBackup, findArchives, verifyArchive };
}

function isBad(error: unknown): error is OperationError {
  return error instanceof OperationError && error.code === 'BACKUP_INVALID';
}

interface Proving {
  readonly mode: VerifyMode;
  /** It is of this host. */
  readonly isOwn: boolean;
}

type Examining = Pick<ReadContext, 'signal' | 'progress'>;

function toFound(backup: FoundBackup, otherHost: string | null): FoundArchive {
  const { archive, source, bytes, createdAt } = backup;
  const ageHours = (Date.now() - Date.parse(createdAt)) / 3_600_000;
  return { archive, source, bytes, createdAt, ageHours, ...(otherHost !== null && { otherHost }) };
}
