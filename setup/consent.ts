import { createInterface } from 'node:readline/promises';
import { say } from './say.ts';

/** Asks a person for leave to do something to the machine. */
export type Ask = (question: string) => Promise<boolean>;

/** Asks at the terminal; with CI=true or nobody at the terminal it says so and goes on. */
export const askAtTerminal: Ask = async (question) => {
  if (process.env['CI'] === 'true' || !process.stdin.isTTY) {
    say(`${question} Nobody is at the terminal: yes.`);
    return true;
  }
  const terminal = createInterface({ input: process.stdin, output: process.stderr });
  const answer = await terminal.question(`${question} [Y/n] `);
  terminal.close();
  return /^(y|yes|)$/i.test(answer.trim());
};
