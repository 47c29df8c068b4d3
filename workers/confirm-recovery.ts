import { createInterface } from 'node:readline/promises';
import type { JournalRun } from '../activities/adapters/journal/journal-rows.ts';
import { CliError } from '../client/cli-error.ts';

/** Asks for y/N. */
export type Ask = (question: string) => Promise<boolean>;

/** How a person is told and asked. */
export interface Confirming {
  readonly say: (text: string) => void;
  /** Null when nobody can be asked: then it is refused, since silence is no yes. */
  readonly ask: Ask | null;
}

/** Who answers: `--yes` has said so already; without it only a person at a terminal can. */
export function whoAnswers(
  { yes, json }: { readonly yes?: boolean; readonly json?: boolean },
  isTerminal: boolean,
): Ask | null {
  if (yes === true) return () => Promise.resolve(true);
  return isTerminal && json !== true ? askYesNo : null;
}

/**
 * Says that an open run may still be alive, and asks before the host is taken from it. A quarantined one is over.
 * @throws CliError `NOT_CONFIRMED`: nobody said yes; nothing was changed.
 */
export async function confirmRecovery(run: JournalRun, { say, ask }: Confirming): Promise<void> {
  const { state, procedure, workflowId, startedAt } = run;
  if (state !== 'open') return;
  say(
    `This run may still be alive: fdts-ops watch ${workflowId} shows it, fdts-ops abort ${workflowId} stops it in order. recover takes the host away from it.`,
  );
  if (ask !== null && (await ask('Take the host away from it?'))) return;
  const why =
    ask === null
      ? `${procedure} (run ${workflowId}) since ${startedAt} may still be alive, and nobody can be asked here (no terminal, or --json); nothing was changed`
      : 'you did not say yes, and nothing was changed';
  throw new CliError('usage', {
    code: 'NOT_CONFIRMED',
    message: `not recovered: ${why}`,
    hint: `Stop the run in order: fdts-ops abort ${workflowId}. If it is gone: sudo fdts-ops recover --yes`,
  });
}

/** Asks at the terminal; anything but yes, also its end (Ctrl-C, Ctrl-D), is no. */
async function askYesNo(question: string): Promise<boolean> {
  const terminal = createInterface({ input: process.stdin, output: process.stderr });
  // A question of a closed terminal would wait for ever.
  const closed = new AbortController();
  terminal.once('close', () => closed.abort());
  try {
    const answer = await terminal.question(`${question} [y/N] `, { signal: closed.signal });
    return /^y(es)?$/i.test(answer.trim());
  } catch (error) {
    if (closed.signal.aborted) return false;
    throw error;
  } finally {
    terminal.close();
  }
}
