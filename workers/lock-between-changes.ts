import { acquireHostLock, type HostLock } from '../activities/adapters/journal/host-lock.ts';
import type { Journal } from '../activities/adapters/journal/journal.ts';
import { timeLimit } from '../activities/adapters/time-limit.ts';
import { CliError } from '../client/cli-error.ts';

/** How a person's command waits for the host's lock. */
export interface LockWait {
  /** The verb, as it is told that it did nothing. */
  readonly verb: string;
  readonly waitMs?: number;
  readonly signal?: AbortSignal;
  /** Called once when a change is being made. */
  readonly onWait?: () => void;
}

const LOCK_WAIT_MS = 30_000;

/**
 * Waits for the change that is under way, for a bounded time, and takes the host's lock.
 * @throws CliError `CHANGE_UNDER_WAY`: it goes on for longer; its step is named, and what to do. Nothing was changed.
 */
export async function lockBetweenChanges(
  file: string,
  journal: Pick<Journal, 'openRun'>,
  { verb, waitMs = LOCK_WAIT_MS, signal, onWait }: LockWait,
): Promise<HostLock> {
  const late = timeLimit(waitMs);
  try {
    return await acquireHostLock(
      file,
      AbortSignal.any([late, ...(signal === undefined ? [] : [signal])]),
      onWait,
    );
  } catch (error) {
    if (!late.aborted || signal?.aborted === true) throw error;
    throw changeUnderWay(verb, waitMs, journal, error);
  }
}

function changeUnderWay(
  verb: string,
  waitMs: number,
  journal: Pick<Journal, 'openRun'>,
  cause: unknown,
): CliError {
  const run = journal.openRun();
  const what =
    run === null
      ? 'a change'
      : `${run.step === null ? 'a change' : `step "${run.step}"`} of ${run.procedure} (run ${run.workflowId})`;
  const stop = run === null ? '' : `stop it in order (fdts-ops abort ${run.workflowId}), or `;
  return new CliError('usage', {
    code: 'CHANGE_UNDER_WAY',
    message: `${verb}: ${what} is still under way on this host after ${Math.round(waitMs / 1000)} s; nothing was changed`,
    hint: `Wait for it, ${stop}stop the worker that makes it (sudo systemctl stop fdts-ops-host); then run ${verb} again.`,
    cause,
  });
}
