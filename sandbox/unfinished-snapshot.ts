import { docker } from './docker.ts';
import { imageExists } from './images/image-exists.ts';
import { withLock } from './with-lock.ts';

/** The host that host-snapshot.ts makes into a snapshot; it is there only meanwhile. */
const maker = 'fdts-ops-snapshot';

/**
 * Removes what a run left that was ended while it made the snapshot; waits while another run makes it. Says whether
 * there was any.
 */
export async function removeUnfinishedSnapshot(): Promise<boolean> {
  if (!(await volumesOfMaker())) return false;
  return withLock('host-snapshot', async () => {
    const volumes = await volumesOfMaker();
    if (!volumes) return false;
    await docker(['rm', '--force', maker], { check: false });
    for (const volume of volumes) {
      if (!(await belongsToSnapshot(volume)))
        await docker(['volume', 'rm', '--force', volume], { check: false });
    }
    return true;
  });
}

/** Undefined when there is no such host. */
async function volumesOfMaker(): Promise<string[] | undefined> {
  const format = '{{range .Mounts}}{{.Name}} {{end}}';
  const { exitCode, stdout } = await docker(['inspect', '--format', format, maker], { check: false });
  return exitCode === 0 ? stdout.split(' ').filter(Boolean) : undefined;
}

/** The image is made last: with it the snapshot is whole. */
async function belongsToSnapshot(volume: string): Promise<boolean> {
  const hash = /^fdts-ops-sandbox-(?:docker|project)-(.+)$/.exec(volume)?.[1];
  return hash !== undefined && imageExists(`fdts-ops-sandbox/host-ready:${hash}`);
}
