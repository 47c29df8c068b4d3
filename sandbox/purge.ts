import { docker } from './docker.ts';

/**
 * Removes what makes starting a host quick: snapshots and images that the sandbox built on this engine. Hosts must be gone
 * first; a base image that was pulled stays.
 */
export async function purgeSandboxImages(): Promise<void> {
  const volumes = await listed([
    'volume',
    'ls',
    '--quiet',
    '--filter',
    'name=^fdts-ops-sandbox-(docker|project)-',
  ]);
  if (volumes.length > 0) await docker(['volume', 'rm', ...volumes]);
  const format = '{{.Repository}}:{{.Tag}}';
  const images = await listed(['images', '--format', format, '--filter', 'reference=fdts-ops-sandbox/*']);
  if (images.length > 0) await docker(['rmi', '--force', ...images]);
}

async function listed(args: readonly string[]): Promise<readonly string[]> {
  return (await docker(args)).stdout.split('\n').filter(Boolean);
}
