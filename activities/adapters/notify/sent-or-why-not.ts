import { OperationError } from '../operation-error.ts';
import { withinTime } from '../within-time.ts';

/** A way that keeps the time itself says better what it waited for: it gets as long again to do so. */
const OWN_TIMES = 2;

/**
 * Hands a message over and says how that ended, `sent` or `failed: why`. Never throws, and never takes longer than twice the
 * time, whatever hangs: runs wait for it.
 */
export async function sentOrWhyNot(timeoutMs: number, send: () => Promise<void>): Promise<string> {
  try {
    await withinTime(OWN_TIMES * timeoutMs, send);
    return 'sent';
  } catch (error) {
    return `failed: ${reasonOf(error)}`;
  }
}

// The result travels into the history of the run: no argument of the program (it may be a key), no mail address, and no
// address of a webhook, which is a secret of its own.
function reasonOf(error: unknown): string {
  const cause = error instanceof OperationError ? `${error.code}, ${String(error.cause)}` : String(error);
  return cause
    .replaceAll(/https?:\/\/\S+/g, '[address]')
    .replaceAll(/\S+@\S+/g, '[address]')
    .slice(0, 200);
}
