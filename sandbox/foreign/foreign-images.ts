import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { execa } from 'execa';
import { execOnHost } from '../host-container.ts';
import { buildImage } from '../images/build-image.ts';
import { contentHash } from '../images/content-hash.ts';
import type { SandboxImages } from '../images/sandbox-images.ts';

const here = dirname(fileURLToPath(import.meta.url));

/** Builds, unless this machine has it, what the foreign app runs on: Debian's Python. */
export async function ensurePythonImage(base: string, say: (line: string) => void): Promise<string> {
  const folder = join(here, 'python');
  const hash = await contentHash([folder], base);
  return buildImage({ name: 'python', hash, folder, buildArguments: { BASE: base } }, say);
}

/** Puts into the engine of a host, under names of its own, what the foreign app is built on and its proxy. No registry has them. */
export async function loadForeignImages(host: string, python: string, images: SandboxImages): Promise<void> {
  const names = { [python]: 'records-python:3', [images.nginx]: 'records-edge:3' };
  const save = execa('docker', ['save', ...Object.keys(names)], { buffer: false });
  await save.pipe('docker', ['exec', '-i', host, 'docker', 'load']);
  for (const [reference, name] of Object.entries(names))
    await execOnHost(host, ['docker', 'tag', reference, name]);
  await execOnHost(host, ['docker', 'rmi', ...Object.keys(names)]);
}
