/** A set-up problem told to a person: what happened, what was found, what was expected, what to do next. */
export class SetUpError extends Error {
  override readonly name = 'SetUpError';

  constructor(problem: { what: string; got: string; expected: string; next: string }) {
    const lines = [`got:      ${problem.got}`, `expected: ${problem.expected}`, `next:     ${problem.next}`];
    super([problem.what, ...lines.map((line) => `  ${line}`)].join('\n'));
  }
}
