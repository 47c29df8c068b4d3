import { timeLimit } from './time-limit.ts';

/**
 * Gives up on work after a time (`TimeoutError`), whatever it waits for: a file system that hangs heeds no signal. Work that
 * does heed the signal ends with it; of other work nothing more is heard.
 */
export async function withinTime<Result>(
  milliseconds: number,
  work: (signal: AbortSignal) => Promise<Result>,
): Promise<Result> {
  const limit = timeLimit(milliseconds);
  const late = new Promise<never>((_resolve, reject) => {
    limit.addEventListener('abort', () => reject(limit.reason), { once: true });
  });
  return Promise.race([work(limit), late]);
}
