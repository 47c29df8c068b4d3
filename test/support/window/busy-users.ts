import { expect } from 'vitest';
import type { SandboxHost } from '../../../sandbox/host.ts';
import { createWriter } from '../../../sandbox/writer.ts';

/** Users who write all along, and how to ask whether FDTS still has all that it acknowledged. */
export interface BusyUsers {
  /** Ends the writing and proves that nothing acknowledged is missing or wrong. */
  expectNothingLost(): Promise<void>;
}

/** Starts them; returns once some writes were acknowledged. */
export async function busyUsers(host: SandboxHost): Promise<BusyUsers> {
  const writer = createWriter(host.httpUrl);
  writer.start();
  await expect.poll(() => writer.acknowledgedUploads(), { timeout: 20_000 }).toBeGreaterThan(2);
  return {
    expectNothingLost: async () => {
      const before = writer.acknowledgedUploads();
      // Users are in again: what they write now counts too.
      await expect.poll(() => writer.acknowledgedUploads(), { timeout: 20_000 }).toBeGreaterThan(before + 1);
      await writer.stop();
      const nothing = { missingRows: [], missingUploads: [], wrongUploads: [] };
      expect(await writer.verify(host.httpUrl)).toMatchObject(nothing);
    },
  };
}
