import path from 'node:path';
import type { BackupSource, BootVerdict } from '../../workflows/contracts/backup-verdict.ts';
import type { CheckResult } from '../../workflows/contracts/calls.ts';
import { acquireHostLock } from '../adapters/journal/host-lock.ts';
import { OperationError } from '../adapters/operation-error.ts';
import { timeLimit } from '../adapters/time-limit.ts';
import { copyContainers } from '../copies/copy-containers.ts';
import { copyMutations } from '../copies/project-copies.ts';
import { Effects } from '../execution/effects.ts';
import { giveWay } from '../execution/give-way.ts';
import type { Read, ReadContext } from '../execution/mutation.ts';
import type { Host } from '../host.ts';

/** What copies of this kind are called; a word of their own, since no journal knows of them. */
const PURPOSE = 'verify';

/** Booting the app from a backup: the deep form of a verification. */
export function deepVerificationReads(host: Host) {
  const { stageCopy, startCopy, probeCopy } = copyMutations(host);

  /**
   * Boots the app from an archive in a throwaway copy, logs in and compares the rows; gives way to a change that holds FDTS
   * down. Leaves nothing: the copy is removed at the end, and what a killed attempt left is removed by the next one, by the
   * next run, and when the worker starts. An app that does not come up is an answer, no failure.
   */
  const bootArchive: Read<{ readonly archive: string; readonly source: BackupSource }, BootVerdict> = async (
    context,
    { archive, source },
  ) =>
    withCopiesLock(host, context.signal, () =>
      giveWay(context.signal, (signal) => boot({ ...context, signal }, archive, source === 'fdts-ops')),
    );

  async function boot(context: ReadContext, archive: string, hasManifest: boolean): Promise<BootVerdict> {
    const mutation = { ...context, effects: new Effects(false), step: 'boot-newest', round: 0 };
    const { removeLeft } = copyContainers(host);
    await removeLeft(mutation, PURPOSE);
    try {
      const data = await stageCopy(mutation, { copy: PURPOSE, archive, hasManifest });
      const { seconds } = await startCopy(mutation, { copy: PURPOSE });
      const { checks } = await probeCopy(mutation, { copy: PURPOSE, upload: false, rows: data.rows });
      const failed = checks.filter(({ status }) => status === 'fail');
      return {
        archive,
        result: failed.length === 0 ? 'good' : 'bad',
        reason: [...failed.map(told), ...(failed.length === 0 ? data.notes : [])].join('; '),
        checks,
        seconds,
      };
    } catch (error) {
      if (!(error instanceof OperationError) || error.retryable || context.signal.aborted) throw error;
      const result = isOfTheBackup(error) ? 'bad' : 'not proven';
      return { archive, result, reason: `${error.message}. ${error.hint}`, checks: [], seconds: null };
    } finally {
      // Also when it was stopped: what is left would take memory from FDTS.
      await removeLeft({ ...mutation, signal: new AbortController().signal }, PURPOSE);
    }
  }

  return { bootArchive };
}

/** Removes what a worker that was killed left of its deep verification; does nothing while one is under way. */
export async function removeDeadCopies(host: Host): Promise<readonly string[]> {
  const context = {
    effects: new Effects(false),
    signal: timeLimit(60_000),
    progress: () => undefined,
  };
  return withCopiesLock(host, timeLimit(1000), () => copyContainers(host).removeLeft(context, PURPOSE));
}

/** The kernel lets go of it when its process ends: who has it knows that every copy of this kind is left over. */
async function withCopiesLock<Result>(
  { config }: Host,
  signal: AbortSignal,
  work: () => Promise<Result>,
): Promise<Result> {
  const lock = await acquireHostLock(path.join(config.state.folder, 'deep-verification.lock'), signal);
  try {
    return await work();
  } finally {
    lock.release();
  }
}

const OF_THE_BACKUP = /^(APP_|CONTAINERS_NOT_UP$|LOGIN_TOKEN_MISSING$|COPY_NOT_RUNNING$|BACKUP_INVALID$)/;

function isOfTheBackup({ code }: OperationError): boolean {
  return OF_THE_BACKUP.test(code);
}

function told({ name, got, expected }: CheckResult): string {
  return `${name}: got ${got}, expected ${expected}`;
}
