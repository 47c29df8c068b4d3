import { OperationError } from '../adapters/operation-error.ts';

/** How long an attempt may take to end when it is told to: its commands are killed, its questions answered, by then. */
const LONGEST_END_MS = 180_000;

/** An attempt under way in this process. */
interface UnderWay {
  readonly abort: AbortController;
  readonly ended: Promise<unknown>;
}

/**
 * The attempts under way in this worker. Attempts of one activity do overlap: when the server is away for longer than
 * the heartbeat time-out it starts a second one while the first goes on. The second ends the first before it acts.
 */
export class Attempts {
  private readonly underWay = new Map<string, UnderWay>();

  /** Runs `work` as the only attempt of `key`: an earlier one is told to stop, and waited for. */
  async runAlone<Result>(
    key: string,
    signal: AbortSignal,
    work: (signal: AbortSignal) => Promise<Result>,
  ): Promise<Result> {
    const earlier = this.underWay.get(key);
    const abort = new AbortController();
    const both = AbortSignal.any([signal, abort.signal]);
    const mine = this.after(earlier, () => work(both));
    const entry = { abort, ended: mine.catch(() => undefined) };
    this.underWay.set(key, entry);
    try {
      return await mine;
    } finally {
      if (this.underWay.get(key) === entry) this.underWay.delete(key);
    }
  }

  private async after<Result>(earlier: UnderWay | undefined, work: () => Promise<Result>): Promise<Result> {
    if (earlier !== undefined) {
      earlier.abort.abort(new Error('a newer attempt of the same step takes over'));
      await endsInTime(earlier.ended);
    }
    return work();
  }
}

async function endsInTime(ended: Promise<unknown>): Promise<void> {
  const late = Symbol('late');
  let timer: NodeJS.Timeout | undefined;
  const limit = new Promise<typeof late>((resolve) => {
    timer = setTimeout(() => resolve(late), LONGEST_END_MS);
  });
  const first = await Promise.race([ended, limit]).finally(() => clearTimeout(timer));
  if (first !== late) return;
  throw new OperationError({
    code: 'EARLIER_ATTEMPT_HANGS',
    operation: 'begin',
    target: 'this step',
    cause: `an earlier attempt in this worker has not ended ${LONGEST_END_MS / 1000} s after it was told to`,
    hint: 'See what hangs (a disk, Docker); "systemctl restart fdts-ops-host" on the host ends it, and the step goes on.',
    retryable: true,
  });
}
