import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { execa } from 'execa';
import { command, docker } from '../docker.ts';
import { debianSources, release } from './debian-sources.ts';
import { imageExists } from './image-exists.ts';

const official = `debian:${release}-slim`;
const selfMade = `fdts-ops-sandbox/debian:${release}`;

/**
 * Reference of a Debian base image on this engine: the official one where a registry answers, else one made by
 * debootstrap. `getTools` is called before that, and may install it.
 */
export async function ensureBaseImage(
  say: (line: string) => void,
  getTools: () => Promise<void> = () => Promise.resolve(),
): Promise<string> {
  for (const reference of [official, selfMade]) if (await imageExists(reference)) return reference;
  const pull = await docker(['pull', '--quiet', official], { check: false, timeoutMs: 90_000 });
  if (pull.exitCode === 0) return official;
  say(`no registry gave ${official}: making it with debootstrap (about a minute)`);
  const registry = pull.stderr.trim().split('\n').at(-1) ?? '';
  if (process.getuid?.() !== 0)
    throw notMade(`debootstrap works for root only, this is user ${process.getuid?.()}`, registry);
  await getTools();
  if ((await command('debootstrap', ['--version'], { check: false })).exitCode !== 0)
    throw notMade('debootstrap is not installed (apt-get install debootstrap)', registry);
  await makeWithDebootstrap().catch((error: unknown) => {
    throw notMade(`debootstrap failed: ${error instanceof Error ? error.message : String(error)}`, registry);
  });
  return selfMade;
}

/** From the archives of this machine's own apt; where it knows none (Ubuntu), from the one that debootstrap knows. */
async function makeWithDebootstrap(): Promise<void> {
  const sources = await debianSources();
  const folder = await mkdtemp(join(tmpdir(), 'fdts-ops-base-'));
  try {
    const main = sources[0];
    // A machine that has no Debian may lack Debian's keys: then debootstrap must fail, not only warn.
    const [checks, mirror] = main === undefined ? [['--force-check-gpg'], []] : [[], [main.uri]];
    await command('debootstrap', [...checks, '--variant=minbase', release, folder, ...mirror]);
    if (sources.length > 0)
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

function notMade(why: string, registry: string): Error {
  return new Error(
    `The sandbox has no base image.\n  got:      the pull of ${official} failed (${registry}); ${why}\n` +
      `  expected: an image registry that the engine reaches, or debootstrap as root and a Debian archive that it reaches\n` +
      `  next:     see that "docker pull ${official}" works, or load such an image (docker load); or run the same command as root`,
  );
}
