import { setTimeout as delay } from 'node:timers/promises';
import { expect } from 'vitest';
import type { SandboxHost } from '../../../sandbox/host.ts';
import { httpStatus } from '../../../sandbox/http-request.ts';

/** Users who look at FDTS all the time, through the proxy, and what they get. */
export interface Visitors {
  /** Waits until so many more of their requests were answered, none of the last ones with an error of the server. */
  getAnswers(count: number): Promise<void>;
  /** Waits until they met so many more errors. */
  meetErrors(count: number): Promise<void>;
  stop(): Promise<void>;
}

/** Starts them: one request after the other. */
export function visitors(host: SandboxHost): Visitors {
  const stopping = new AbortController();
  let errors = 0;
  let answersInARow = 0;
  const visiting = (async () => {
    while (!stopping.signal.aborted) {
      const status = await httpStatus(`${host.httpUrl}/api/audit-logs/count`, 5000);
      const isAnswer = status !== undefined && status < 500;
      answersInARow = isAnswer ? answersInARow + 1 : 0;
      if (!isAnswer) errors += 1;
      await delay(30);
    }
  })();
  return {
    getAnswers: async (count) => {
      answersInARow = 0;
      await expect.poll(() => answersInARow, { timeout: 20_000 }).toBeGreaterThanOrEqual(count);
    },
    meetErrors: async (count) => {
      const before = errors;
      await expect.poll(() => errors - before, { timeout: 20_000 }).toBeGreaterThanOrEqual(count);
    },
    stop: async () => {
      stopping.abort();
      await visiting;
    },
  };
}
