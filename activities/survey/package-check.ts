import type { CheckResult } from '../../workflows/contracts/calls.ts';
import { interruptedDpkg } from '../adapters/machine/packages.ts';

/** Whether an upgrade that was cut off has left packages half installed: another one would fail on them. */
export async function packageCheck(signal: AbortSignal): Promise<CheckResult> {
  const interrupted = await interruptedDpkg({ timeoutMs: 60_000, signal });
  return {
    name: 'no package is half installed',
    status: interrupted.length === 0 ? 'pass' : 'fail',
    expected: 'none',
    got: interrupted.join(', ') || 'none',
    answer: 'sudo dpkg --configure -a',
  };
}
