import { type ExitCodeName, exitCode } from './exit-codes.ts';

/** A problem told to a person at the command line: a stable code, what happened, what to do next. */
export class CliError extends Error {
  override readonly name = 'CliError';
  readonly code: string;
  readonly hint: string;
  readonly exitCode: number;

  constructor(exit: ExitCodeName, problem: { code: string; message: string; hint: string; cause?: unknown }) {
    super(problem.message, problem.cause === undefined ? undefined : { cause: problem.cause });
    this.code = problem.code;
    this.hint = problem.hint;
    this.exitCode = exitCode(exit);
  }
}
