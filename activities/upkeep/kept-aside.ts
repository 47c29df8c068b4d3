import type { CheckResult } from '../../workflows/contracts/calls.ts';
import { shellQuote } from '../../workflows/contracts/shell-quote.ts';
import type { AsideOfRun } from '../adapters/data-owner/operations/find-aside.ts';
import { OperationError } from '../adapters/operation-error.ts';
import { timeOfStamp } from '../execution/stamp-time.ts';
import { megabytes } from '../figures/percentile.ts';
import type { Host } from '../host.ts';

type AsideHost = Pick<Host, 'config' | 'data'>;

/** What runs set aside before a moment and what is nowhere else: no clean-up takes it, a person has to look at it. */
export async function keptAside(
  { config, data }: AsideHost,
  { before, signal }: { before: number; signal: AbortSignal },
): Promise<AsideOfRun[]> {
  const { database, uploads } = config.data;
  const all = await data.findAside({ database, uploads }, { signal });
  return all.filter(({ stamp, onlyHere }) => timeOfStamp(stamp) < before && onlyHere.length > 0);
}

/** Where it lies, how large it is, what it holds and how it goes. */
export function tellAside({ folders, bytes, onlyHere }: AsideOfRun): string {
  return `${folders.join(' and ')}, ${megabytes(bytes)}, holds what is nowhere else: ${onlyHere.join(', ')}. Keep of it what users need, then: sudo rm -r ${folders.map(shellQuote).join(' ')}`;
}

/** Whether anything waits for a person to look at it. It is no fault of FDTS, and refuses nothing. */
export async function asideCheck(host: AsideHost, signal: AbortSignal): Promise<CheckResult> {
  const { rollbackRetention } = host.config.maintenance;
  const check = {
    name: 'nothing that is nowhere else waits to be looked at',
    expected: `nothing set aside more than ${rollbackRetention / 86_400} days ago that is nowhere else`,
    answer: 'see "What is where" in docs/recovery.md; the commands stand there and in what was found',
  };
  try {
    const kept = await keptAside(host, { before: Date.now() - rollbackRetention * 1000, signal });
    const got = kept.map(tellAside).join('; ') || 'nothing';
    return { ...check, status: kept.length === 0 ? 'pass' : 'not proven', got };
  } catch (error) {
    signal.throwIfAborted();
    if (!(error instanceof OperationError)) throw error;
    return { ...check, status: 'not proven', got: error.message, answer: error.hint };
  }
}
