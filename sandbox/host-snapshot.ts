import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { docker } from './docker.ts';
import { execOnHost, type HostVolumes, runHostContainer, waitForEngine } from './host-container.ts';
import { contentHash } from './images/content-hash.ts';
import { imageExists } from './images/image-exists.ts';
import { ensureSandboxImages, type SandboxImages } from './images/sandbox-images.ts';
import { loadImages } from './load-images.ts';
import { placeProject } from './place-project.ts';
import { ensureSeed } from './seed/ensure-seed.ts';
import { withLock } from './with-lock.ts';

/** A host that is ready to serve, shut down: what new hosts are copies of. */
export interface HostSnapshot {
  readonly image: string;
  readonly baseImage: string;
  readonly dockerVolume: string;
  readonly projectVolume: string;
}

const here = dirname(fileURLToPath(import.meta.url));

/** Makes the snapshot unless this engine has it from the same sources (the first time takes minutes). */
export function ensureHostSnapshot(say: (line: string) => void): Promise<HostSnapshot> {
  return withLock('host-snapshot', async () => {
    const images = await ensureSandboxImages(say);
    const seed = await ensureSeed(say);
    const sources = ['fdts', 'place-project.ts', 'load-images.ts', 'host-snapshot.ts'].map((part) =>
      join(here, part),
    );
    const hash = await contentHash(sources, seed, ...Object.values(images));
    const snapshot: HostSnapshot = {
      image: `fdts-ops-sandbox/host-ready:${hash}`,
      baseImage: images.base,
      dockerVolume: `fdts-ops-sandbox-docker-${hash}`,
      projectVolume: `fdts-ops-sandbox-project-${hash}`,
    };
    if (!(await isWhole(snapshot))) {
      say(`making host snapshot ${hash}`);
      await makeSnapshot(snapshot, images, seed);
      await removeOlderSnapshots(snapshot);
    }
    return snapshot;
  });
}

/** Docker makes a volume that is missing anew, empty: only one of ours has the label. */
async function isWhole({ image, dockerVolume, projectVolume }: HostSnapshot): Promise<boolean> {
  const labelled = await docker(['volume', 'ls', '--quiet', '--filter', 'label=fdts-ops=1']);
  const volumes = labelled.stdout.split('\n');
  return (await imageExists(image)) && [dockerVolume, projectVolume].every((name) => volumes.includes(name));
}

async function makeSnapshot(snapshot: HostSnapshot, images: SandboxImages, seed: string): Promise<void> {
  const name = 'fdts-ops-snapshot';
  const volumes: HostVolumes = {
    docker: snapshot.dockerVolume,
    project: snapshot.projectVolume,
    external: `${name}-external`,
  };
  // left by a run that was killed; no other run is here, the lock is held
  await docker(['rm', '--force', name], { check: false });
  await docker(['volume', 'rm', '--force', ...Object.values(volumes)]);
  for (const volume of Object.values(volumes))
    await docker(['volume', 'create', '--label', 'fdts-ops=1', volume]);
  try {
    await runHostContainer(name, images.host, volumes);
    await waitForEngine(name);
    await loadImages(name, images);
    await placeProject(name, seed);
    await execOnHost(name, ['/usr/local/lib/fdts-sandbox/reset-fdts']);
    await execOnHost(name, ['systemctl', 'stop', 'fdts.service']);
    // A copy of this host gets an identity of its own when it boots.
    await execOnHost(name, ['truncate', '--size=0', '/etc/machine-id']);
    await execOnHost(name, ['find', '/var/log/journal', '-mindepth', '1', '-delete'], { check: false });
    await docker(['stop', '--time', '60', name]);
    await docker(['commit', name, snapshot.image]);
  } finally {
    await docker(['rm', '--force', name], { check: false });
    await docker(['volume', 'rm', '--force', volumes.external], { check: false });
  }
}

/** A checkout beside this one may have other sources, and uses its snapshot now and then. */
const KEPT_HOURS = 24;

/** Best effort: what a running host still uses stays, and what was made today. */
async function removeOlderSnapshots(current: HostSnapshot): Promise<void> {
  const volumes = await docker([
    'volume',
    'ls',
    '--quiet',
    '--filter',
    'name=^fdts-ops-sandbox-(docker|project)-',
  ]);
  const kept = [current.dockerVolume, current.projectVolume];
  const others = volumes.stdout.split('\n').filter((volume) => volume && !kept.includes(volume));
  const oldVolumes = await madeBefore(others, Date.now() - KEPT_HOURS * 3_600_000);
  const images = await docker([
    'images',
    '--format',
    '{{.Repository}}:{{.Tag}}',
    'fdts-ops-sandbox/host-ready',
  ]);
  const gone = (image: string) => oldVolumes.some((volume) => volume.endsWith(image.split(':')[1] ?? image));
  const oldImages = images.stdout
    .split('\n')
    .filter((image) => image && image !== current.image && gone(image));
  if (oldVolumes.length > 0) await docker(['volume', 'rm', ...oldVolumes], { check: false });
  if (oldImages.length > 0) await docker(['rmi', ...oldImages], { check: false });
}

async function madeBefore(volumes: readonly string[], time: number): Promise<string[]> {
  if (volumes.length === 0) return [];
  const format = '{{.CreatedAt}} {{.Name}}';
  const { stdout } = await docker(['volume', 'inspect', '--format', format, ...volumes], { check: false });
  const lines = stdout.split('\n').map((line) => line.split(' '));
  return lines.flatMap(([at = '', name = '']) => (Date.parse(at) < time ? [name] : []));
}
