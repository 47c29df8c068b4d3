import { type Server, withServer } from '../../client/server/connect.ts';
import type { Terminal } from '../../client/terminal.ts';
import type { Environment } from '../bring-up.ts';
import { waitUntilWorkerRuns } from '../install-host-worker.ts';
import { say } from '../say.ts';

/**
 * Puts FDTS back to its first day on a host that an earlier demo used and may have left in the middle of a window:
 * its open run is ended, the host's journal is cleared (with the reason), data and versions are the first ones again.
 */
export async function freshFdts({ server, host }: Environment, terminal: Terminal): Promise<void> {
  say('The host of an earlier demo is used again: putting FDTS back to its first day ...');
  // On somebody's own server a run with this host's name may be another's.
  if (server.startedByUs) await withServer(terminal, endOpenRuns);
  // A step under way must not go on beside the reset.
  await host.exec(['systemctl', 'stop', 'fdts-ops-host.service']);
  await host.exec([
    'fdts-ops',
    'clear',
    '--force',
    '--reason',
    'npm run demo puts FDTS back to its first day',
  ]);
  await host.exec(['rm', '--force', '/var/lib/fdts-ops/hold-stack']);
  await host.resetFdts();
  await host.exec(['systemctl', 'start', 'fdts-ops-host.service']);
  await waitUntilWorkerRuns(host);
}

async function endOpenRuns({ client }: Server): Promise<void> {
  const query = 'ExecutionStatus = "Running" AND FdtsHost = "sandbox"';
  for await (const { workflowId, runId } of client.workflow.list({ query })) {
    say(`Ending ${workflowId}, which was left open`);
    await client.workflow.getHandle(workflowId, runId).terminate('npm run demo starts anew');
  }
}
