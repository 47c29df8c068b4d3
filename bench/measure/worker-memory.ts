import { readFile } from 'node:fs/promises';
import { z } from 'zod';
import type { SandboxHost } from '../../sandbox/host.ts';

/** Memory of the host's worker and its children at one time, in KB. */
export interface MemorySample {
  readonly at: number;
  readonly anonymous: number;
  readonly file: number;
}

const script = new URL('./sample-memory.mjs', import.meta.url);
const program = '/root/sample-memory.mjs';
const end = '/root/sample-memory.end';
const samples = z.array(z.tuple([z.number(), z.number(), z.number()]));

/** Does the work and gives what the host's worker needed meanwhile. */
export async function worksMemory<T>(
  host: SandboxHost,
  work: () => Promise<T>,
): Promise<{ result: T; memory: MemorySample[] }> {
  await host.exec(['rm', '-f', end]);
  await host.writeFile(program, await readFile(script));
  const unit = ['show', '--property=MainPID', '--value', 'fdts-ops-host.service'];
  const { stdout: pid } = await host.exec(['systemctl', ...unit]);
  const sampling = host.exec(['node', program, pid.trim(), end]);
  // Its failure is for the end, where it is awaited.
  sampling.catch(() => undefined);
  try {
    const result = await work();
    await host.writeFile(end, '');
    const taken = samples.parse(JSON.parse((await sampling).stdout));
    return { result, memory: taken.map(([at, anonymous, file]) => ({ at, anonymous, file })) };
  } finally {
    await host.writeFile(end, '');
    await Promise.allSettled([sampling]);
  }
}
