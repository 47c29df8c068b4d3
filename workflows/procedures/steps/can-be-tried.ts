import type { CheckResult } from '../../contracts/calls.ts';

/** A symptom that nobody can try is neither there nor gone: whoever called for help is told why nothing was mended. */
export function canBeTried({ name, got }: CheckResult): CheckResult {
  return {
    name: `it can be tried whether ${name}`,
    status: 'fail',
    expected: 'configured',
    got,
    answer: 'configure it (see checks in the configuration reference), then start this again',
  };
}
