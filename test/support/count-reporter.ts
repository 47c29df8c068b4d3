import { writeSync } from 'node:fs';
import type { SerializedError } from 'vitest';
import type { Reporter, TestModule } from 'vitest/node';

/** Ends a run's output with the one line `N passed, N failed` (and `, N skipped` when there are any). */
export default class CountReporter implements Reporter {
  onTestRunEnd(modules: readonly TestModule[], errors: readonly SerializedError[]): void {
    const line = countLine(modules, errors.length);
    // At exit, so that nothing of Vitest or of a global teardown comes after it.
    process.once('exit', () => writeSync(process.stdout.fd, `${line}\n`));
  }
}

/**
 * The line for these test files; a file that could not be loaded, an error outside of tests and a run
 * without any test count as failed.
 */
export function countLine(
  modules: readonly Pick<TestModule, 'children' | 'errors'>[],
  strayErrors: number,
): string {
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
