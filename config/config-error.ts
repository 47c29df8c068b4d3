/** One thing that is wrong with a configuration file. */
export interface ConfigProblem {
  /** The key, such as `checks.login.url`; empty for the file as a whole. */
  readonly path: string;
  /** What stands there, shortened; never a secret. */
  readonly got: string;
  readonly expected: string;
  /** Line in the file, from 1, when known. */
  readonly line?: number;
}

/** A configuration file that cannot be used. The message lists every problem and says what to do next. */
export class ConfigError extends Error {
  override readonly name = 'ConfigError';
  readonly file: string;
  readonly problems: readonly ConfigProblem[];

  constructor(file: string, problems: readonly ConfigProblem[], next: string) {
    const count = problems.length === 1 ? '1 problem' : `${problems.length} problems`;
    super([`${file}: ${count}, nothing was started or changed.`, ...problems.map(line), next].join('\n'));
    this.file = file;
    this.problems = problems;
  }
}

function line(problem: ConfigProblem): string {
  const where = problem.line === undefined ? '' : ` (line ${problem.line})`;
  const key = problem.path === '' ? 'the file' : problem.path;
  return `  ${key}${where}: got ${problem.got}, expected ${problem.expected}`;
}
