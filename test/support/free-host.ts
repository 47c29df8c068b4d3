import type { Client } from '@temporalio/client';
import type { SandboxHost } from '../../sandbox/host.ts';

/**
 * Frees the host of what a failed test file left on it, so that one failure does not become one for every file after
 * it: it is switched on, no run goes on, what was begun is taken back. Where the last file ended as it should, nothing.
 */
export async function freeHost(host: SandboxHost, client: Client): Promise<void> {
  await host.powerOn();
  if (await isFree(host)) return;
  process.stderr.write(`${host.name}: held by what a failed test left; freed for the tests that follow\n`);
  for await (const { workflowId } of client.workflow.list({ query: 'ExecutionStatus = "Running"' }))
    await client.workflow.getHandle(workflowId).terminate('left by a failed test');
  const ends = [
    ['recover', '--yes'],
    ['clear', '--force', '--reason', 'left by a failed test'],
  ];
  for (const end of ends) await host.exec(['fdts-ops', ...end], { check: false, timeoutMs: 240_000 });
}

async function isFree(host: SandboxHost): Promise<boolean> {
  const { stdout } = await host.exec(['fdts-ops', 'recover', '--dry-run', '--json'], { check: false });
  return stdout.includes('"reason":"the host is free","incidents":[]');
}
