import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { execa } from 'execa';
import { command, docker } from '../docker.ts';
import { debianSources, release } from './debian-sources.ts';
import { imageExists } from './image-exists.ts';

const official = `debian:${release}-slim`;
const selfMade = `fdts-ops-sandbox/debian:${release}`;

/** Reference of a Debian base image on this engine: the official one where a registry answers, else one made by debootstrap. */
export async function ensureBaseImage(say: (line: string) => void): Promise<string> {
  for (const reference of [official, selfMade]) if (await imageExists(reference)) return reference;
  const pull = await docker(['pull', '--quiet', official], { check: false, timeoutMs: 90_000 });
  if (pull.exitCode === 0) return official;
  say(`no registry gave ${official}: making it with debootstrap (about a minute)`);
  await makeWithDebootstrap();
  return selfMade;
}

async function makeWithDebootstrap(): Promise<void> {
  const sources = await debianSources();
  const main = sources[0];
  if (!main || (await command('debootstrap', ['--version'], { check: false })).exitCode !== 0) {
    throw new Error(
      `Base image ${official}: the pull failed, and making it needs debootstrap and a Debian archive in this machine's apt sources ` +
        `(found ${sources.length} archives). Next: give the engine access to an image registry, or as root run: apt-get install debootstrap`,
    );
  }
  const folder = await mkdtemp(join(tmpdir(), 'fdts-ops-base-'));
  try {
    await command('debootstrap', ['--variant=minbase', release, folder, main.uri]);
    await writeFile(
      join(folder, 'etc/apt/sources.list'),
      sources.map((source) => `deb ${source.uri} ${source.suite} main\n`).join(''),
    );
    await rm(join(folder, 'var/cache/apt/archives'), { recursive: true, force: true });
    await rm(join(folder, 'var/lib/apt/lists'), { recursive: true, force: true });
    const tar = execa('tar', ['-C', folder, '-c', '.'], { encoding: 'buffer', buffer: false });
    await tar.pipe('docker', ['import', '--change', 'LABEL fdts-ops=1', '-', selfMade]);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
