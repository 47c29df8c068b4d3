import { docker } from './docker.ts';

/** A docker network for sandbox hosts; `gateway` is this machine's own address on it, where hosts reach what runs here. */
export interface SandboxNetwork {
  readonly name: string;
  readonly gateway: string;
}

/** Creates the network unless it is there. */
export async function ensureNetwork(name: string): Promise<SandboxNetwork> {
  const there = await docker(['network', 'inspect', name], { check: false });
  if (there.exitCode !== 0)
    await docker(['network', 'create', '--label', 'fdts-ops=1', name], { check: false });
  const { stdout } = await docker([
    'network',
    'inspect',
    '--format',
    '{{(index .IPAM.Config 0).Gateway}}',
    name,
  ]);
  return { name, gateway: stdout };
}

/** Removes the network; no error when it is gone already. */
export async function removeNetwork(name: string): Promise<void> {
  const removed = await docker(['network', 'rm', name], { check: false });
  if (removed.exitCode !== 0 && !/no such network|not found/i.test(removed.stderr)) {
    throw new Error(
      `docker network rm ${name}: ${removed.stderr}\nNext: remove the containers on it, then try again.`,
    );
  }
}
