import { execa } from 'execa';
import { execOnHost } from './host-container.ts';
import type { SandboxImages } from './images/sandbox-images.ts';

const registry = 'localhost:5000/fdts-nginx';

/** Puts the container images into the engine of a host under their production names, and nginx into the host's registry. */
export async function loadImages(host: string, images: SandboxImages): Promise<void> {
  const names: Record<string, readonly string[]> = {
    [images.runtime]: ['fdts-runtime:20'],
    [images.app]: ['fdts_app:latest'],
    [images.backup]: ['fdts_backup:latest'],
    [images.nginx]: [`${registry}:1.0`, `${registry}:stable`],
    [images.nextNginx]: [`${registry}:1.1`],
  };
  const references = Object.keys(names);
  await execa('docker', ['save', ...references], { buffer: false }).pipe('docker', [
    'exec',
    '-i',
    host,
    'docker',
    'load',
  ]);
  for (const [reference, tags] of Object.entries(names)) {
    for (const tag of tags) {
      await execOnHost(host, ['docker', 'tag', reference, tag]);
      if (tag.startsWith(registry)) await execOnHost(host, ['docker', 'push', '--quiet', tag]);
    }
  }
  await execOnHost(host, ['docker', 'rmi', ...references, `${registry}:1.0`, `${registry}:1.1`]);
}
