import { once } from 'node:events';
import { createInterface } from 'node:readline/promises';

// Plain JavaScript: the first question comes before the npm packages are there.

const variable = 'FDTS_OPS_LEAVE_TO_INSTALL';

/** Asks at the terminal; with CI=true or nobody at the terminal it says so and goes on. */
export async function askAtTerminal(question) {
  if (process.env.CI === 'true' || !process.stdin.isTTY) {
    process.stderr.write(`${question} Nobody is at the terminal: yes.\n`);
    return true;
  }
  const terminal = createInterface({ input: process.stdin, output: process.stderr });
  // Ctrl-D ends the question without an answer: it is never settled, or fails in newer versions of Node.
  const typed = terminal.question(`${question} [Y/n] `).catch(() => 'no');
  const answer = await Promise.race([typed, once(terminal, 'close').then(() => 'no')]);
  terminal.close();
  return /^(y|yes|)$/i.test(answer.trim());
}

/** Asks once about all these packages: the answer holds for this program and those that it starts. */
export async function askOnce(names, question, ask = askAtTerminal) {
  process.env[variable] = [(await ask(question)) ? 'yes' : 'no', ...names].join(' ');
}

/** What was answered about all of these packages; undefined when nobody was asked about one of them. */
export function answerFor(names, environment = process.env) {
  const [answer, ...asked] = (environment[variable] ?? '').split(' ');
  return names.every((name) => asked.includes(name)) ? answer === 'yes' : undefined;
}
