import { isCancellation, log } from '@temporalio/workflow';
import type { Ticket } from '../contracts/calls.ts';
import { makeChange } from './activity-policies.ts';
import { change } from './calls.ts';

/** A host's channels give up sooner, each by itself; this is for a worker that is gone, or hangs, in the middle. */
const GIVE_UP_AFTER = '5m';

/** One message of a run to people; `key` tells it apart from the run's other messages, a repetition is not sent twice. */
export interface Message {
  readonly key: string;
  readonly subject: string;
  readonly text: string;
  /** Default: operators. */
  readonly audience?: 'users';
  /** Keys: it is only for those who heard a message of one of them last; default: for all. */
  readonly after?: readonly string[];
}

/**
 * Tells people over the host's configured channels. Best effort: a run neither fails nor waits for long because nobody
 * could be told.
 */
export async function tellPeople(taskQueue: string, ticket: Ticket, message: Message): Promise<void> {
  try {
    await makeChange(change.announce(message), ticket, {
      taskQueue,
      summary: `tell people: ${message.subject}`,
      patient: null,
      giveUpAfter: GIVE_UP_AFTER,
    });
  } catch (error) {
    if (isCancellation(error)) throw error;
    log.warn('people could not be told', { key: message.key });
  }
}
