import { writeSync } from 'node:fs';
import type { SerializedError } from 'vitest';
import type { Reporter, TestModule } from 'vitest/node';

/**
 * Ends a run's output with a line `FAILED …` for everything that failed and the one line
 * `N passed, N failed` (and `, N skipped` when there are any): who sees only the end sees what to mend.
 */
export default class CountReporter implements Reporter {
  onTestRunEnd(modules: readonly TestModule[], errors: readonly SerializedError[]): void {
    const lines = [...failureLines(modules, errors), countLine(modules, errors.length)];
    // At exit, so that nothing of Vitest or of a global teardown comes after it.
    process.once('exit', () => writeSync(process.stdout.fd, `${lines.join('\n')}\n`));
  }
}

type ModuleResult = Pick<TestModule, 'children' | 'errors'> & Partial<Pick<TestModule, 'relativeModuleId'>>;

/** One line for each failed test, broken hook or file and stray error: where, and the error's first line. */
export function failureLines(
  modules: readonly ModuleResult[],
  strayErrors: readonly Pick<SerializedError, 'message'>[],
): string[] {
  const lines: string[] = [];
  const tell = (where: string, errors: readonly Pick<SerializedError, 'message'>[]) => {
    const [first = 'no error was recorded'] = errors.map((error) => error.message.trim().split('\n', 1)[0]);
    lines.push(`FAILED ${where}: ${first}`.slice(0, longestLine));
  };
  for (const module of modules) {
    const file = module.relativeModuleId ?? '';
    if (module.errors().length > 0) tell(file, module.errors());
    for (const suite of module.children.allSuites())
      if (suite.errors().length > 0) tell(`${file} > ${suite.fullName}`, suite.errors());
    for (const test of module.children.allTests()) {
      const { state, errors = [] } = test.result();
      if (state === 'failed' || state === 'pending') tell(`${file} > ${test.fullName}`, errors);
    }
  }
  for (const error of strayErrors) tell('outside of tests', [error]);
  return lines;
}

/** Characters; the whole error stands further up. */
const longestLine = 300;

/**
 * The line for these test files; a file that could not be loaded, an error outside of tests and a run
 * without any test count as failed.
 */
export function countLine(modules: readonly ModuleResult[], strayErrors: number): string {
  const counts = { passed: 0, failed: strayErrors, skipped: 0, pending: 0 };
  for (const module of modules) {
    for (const test of module.children.allTests()) counts[test.result().state] += 1;
    counts.failed += module.errors().length;
    for (const suite of module.children.allSuites()) counts.failed += suite.errors().length;
  }
  const failed = counts.failed + counts.pending + (modules.length === 0 ? 1 : 0);
  const skipped = counts.skipped > 0 ? `, ${counts.skipped} skipped` : '';
  return `${counts.passed} passed, ${failed} failed${skipped}`;
}
