import { CommanderError } from 'commander';
import { exitCode } from './exit-codes.ts';
import { explainError } from './explain-error.ts';
import { buildProgram, type ProgramParts } from './program.ts';
import type { Terminal } from './terminal.ts';

/**
 * Runs one command line and gives its exit code. Never throws: an error is written to standard error, or with
 * `--json` as `{"error":{code,message,hint}}` to standard output.
 *
 * @param args without node and the script.
 */
export async function runCli(
  args: readonly string[],
  terminal: Terminal,
  parts: ProgramParts = {},
): Promise<number> {
  const wantsJson = args.includes('--json');
  let endsWith = exitCode('ok');
  const program = buildProgram(
    {
      terminal,
      hostDoctor: parts.hostDoctor ?? (() => Promise.resolve([])),
      answer: (options, { json, text, exitCode: code }) => {
        terminal.out(options.json === true ? `${JSON.stringify(json, null, 2)}\n` : `${text}\n`);
        endsWith = code ?? exitCode('ok');
      },
    },
    { ...parts, quietErrors: wantsJson },
  );
  try {
    await program.parseAsync(args, { from: 'user' });
    return endsWith;
  } catch (error) {
    if (error instanceof CommanderError && error.exitCode === 0) return exitCode('ok');
    const { exitCode: code, ...told } = explainError(error);
    if (wantsJson) terminal.out(`${JSON.stringify({ error: told }, null, 2)}\n`);
    // Commander has already written its own complaint.
    else if (!(error instanceof CommanderError))
      terminal.err(`error: ${told.message}\n${told.hint === '' ? '' : `${told.hint}\n`}`);
    return code;
  }
}
