import type { SandboxHost } from '../../sandbox/host.ts';
import { createProber } from '../../sandbox/prober.ts';

/** Does work on a host while a prober asks from outside, every 50 ms; gives the downtime that it saw and the seconds of all. */
export async function watchedDowntime<T>(
  host: SandboxHost,
  work: () => Promise<T>,
): Promise<{ result: T; downtime: number; whole: number }> {
  const prober = createProber(`${host.httpUrl}/api/health`, { everyMs: 50 });
  prober.start();
  const began = performance.now();
  try {
    const result = await work();
    await host.waitUntilServing();
    const whole = (performance.now() - began) / 1000;
    const { downtimeSeconds } = await prober.stop();
    return { result, downtime: downtimeSeconds, whole };
  } finally {
    // A prober that goes on would keep this program from ending.
    await prober.stop();
  }
}
