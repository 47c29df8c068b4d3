import type { Client } from '@temporalio/client';
import type { SandboxHost } from '../../sandbox/host.ts';
import { ownersOf } from './window/host-journal.ts';

/**
 * Frees the host of what a test file left on it (switched on, no run goes on, what was begun is taken back), and throws
 * then: one failure becomes two of files, not one for every file after it, and one that nobody saw is seen.
 */
export async function freeHost(host: SandboxHost, client: Client): Promise<void> {
  await host.powerOn();
  if (await isFree(host)) return;
  for await (const { workflowId } of client.workflow.list({ query: 'ExecutionStatus = "Running"' }))
    await client.workflow.getHandle(workflowId).terminate('left by a test');
  const ends = [
    ['recover', '--yes'],
    ['clear', '--force', '--reason', 'left by a test'],
  ];
  const said: string[] = [];
  for (const end of ends)
    said.push((await host.exec(['fdts-ops', ...end], { check: false, timeoutMs: 240_000 })).stdout);
  throw new Error(
    `${host.name} was left held by the test file before; freed for the next one: ${said.join('; ')}`,
  );
}

async function isFree(host: SandboxHost): Promise<boolean> {
  const { stdout } = await host.exec(['fdts-ops', 'recover', '--dry-run', '--json'], { check: false });
  return stdout.includes('"reason":"the host is free","incidents":[]') && (await ownersOf(host)).length === 0;
}
