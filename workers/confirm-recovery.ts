import { createInterface } from 'node:readline/promises';
import type { JournalRun } from '../activities/adapters/journal/journal-rows.ts';
import { CliError } from '../client/cli-error.ts';

/** How a person is told and asked. */
export interface Confirming {
  readonly say: (text: string) => void;
  /** Asks for y/N; null when nobody can be asked (no terminal, `--yes`, `--json`): then it goes on. */
  readonly ask: ((question: string) => Promise<boolean>) | null;
}

/**
 * Says that an open run may still be alive, and asks before the host is taken from it. A quarantined one is over.
 * @throws CliError `NOT_CONFIRMED`: the person did not say yes.
 */
export async function confirmRecovery({ state, workflowId }: JournalRun, how: Confirming): Promise<void> {
  if (state !== 'open') return;
  how.say(
    `This run may still be alive: fdts-ops watch ${workflowId} shows it, fdts-ops abort ${workflowId} stops it in order. recover takes the host away from it.`,
  );
  if (how.ask === null || (await how.ask('Take the host away from it?'))) return;
  throw new CliError('usage', {
    code: 'NOT_CONFIRMED',
    message: 'not recovered: you did not say yes, and nothing was changed',
    hint: `Stop the run in order: fdts-ops abort ${workflowId}. If it is gone: sudo fdts-ops recover --yes`,
  });
}

/** Asks at the terminal; anything but yes, also its end (Ctrl-C, Ctrl-D), is no. */
export async function askYesNo(question: string): Promise<boolean> {
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
