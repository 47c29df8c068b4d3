import type { SandboxHost } from '../sandbox/host.ts';
import { waitUntilWorkerRuns } from './install-host-worker.ts';

const FILE = '/etc/fdts-ops/host.yml';

/**
 * Whether windows on this host rehearse: off where something else is to be seen, which a rehearsal would make longer or
 * find out before it happens.
 */
export async function setRehearsal(host: SandboxHost, on: boolean): Promise<void> {
  const without = (await host.readFile(FILE)).replaceAll(/^ {2}rehearse: .*\n/gm, '');
  await host.writeFile(FILE, without.replace(/^maintenance:\n/m, `maintenance:\n  rehearse: ${on}\n`));
  await host.exec(['systemctl', 'restart', 'fdts-ops-host.service']);
  await waitUntilWorkerRuns(host);
}
