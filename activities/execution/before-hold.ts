import type { Ticket } from '../../workflows/contracts/calls.ts';
import { acquireHostLock } from '../adapters/journal/host-lock.ts';
import type { RunIdentity } from '../adapters/journal/journal-rows.ts';
import type { Guard } from './as-activity.ts';

/**
 * Mutations that an emergency makes at once, while a routine run still has the host. Each of them has to be
 * - independent: it touches nothing that a routine step changes or that an undo puts back, so it neither disturbs a change
 *   under way nor is taken away by the rollback that follows;
 * - in force by itself: a reboot or a restart of Docker in the middle of the routine run does not end it;
 * - repeatable: no result in the journal stands for it, every attempt makes it again.
 */
export const BEFORE_HOLD: ReadonlySet<string> = new Set(['isolateHost']);

/**
 * Makes a change of an emergency that must not wait for the hold. The journal has its incident first; a lock of its own
 * orders such changes among themselves, and not behind an upgrade that takes minutes.
 */
export async function beforeHold<Result>(
  { journal, lockFile }: Pick<Guard, 'journal' | 'lockFile'>,
  run: RunIdentity,
  ticket: Ticket,
  signal: AbortSignal,
  change: () => Promise<Result>,
): Promise<Result> {
  const lock = await acquireHostLock(`${lockFile}.emergency`, signal);
  try {
    journal.beginUnheld(run, ticket);
    return await change();
  } finally {
    lock.release();
  }
}
