import type { SandboxHost } from '../../../sandbox/host.ts';
import { waitUntilWorkerRuns } from '../../../setup/install-host-worker.ts';

/** Where a host's worker has its configuration. */
export const HOST_CONFIG = '/etc/fdts-ops/host.yml';

/** Gives the host's worker another configuration; it goes by it from now on. */
export async function configureHost(host: SandboxHost, text: string): Promise<void> {
  await host.writeFile(HOST_CONFIG, text, { owner: 'root:fdts-ops', mode: '640' });
  await restartWorker(host);
}

/** Starts the host's worker anew. Its unit has mounts of its own, which in a container do not follow the host's. */
export async function restartWorker(host: SandboxHost): Promise<void> {
  await host.exec(['systemctl', 'restart', 'fdts-ops-host.service']);
  await waitUntilWorkerRuns(host);
}
