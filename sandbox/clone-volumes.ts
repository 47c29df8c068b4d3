import { docker } from './docker.ts';
import type { HostVolumes } from './host-container.ts';
import type { HostSnapshot } from './host-snapshot.ts';

/** Makes the disks of a new host: copies of the snapshot's, and an empty external one. */
export async function cloneVolumes(snapshot: HostSnapshot, volumes: HostVolumes): Promise<void> {
  for (const volume of Object.values(volumes)) {
    await docker(['volume', 'create', '--label', 'fdts-ops=1', volume]);
  }
  const mounts = [
    `${snapshot.dockerVolume}:/from/docker:ro`,
    `${snapshot.projectVolume}:/from/project:ro`,
    `${volumes.docker}:/to/docker`,
    `${volumes.project}:/to/project`,
  ].map((mount) => `--volume=${mount}`);
  // overlay2 keeps its marks in trusted.* attributes, which only SYS_ADMIN may copy
  const run = ['run', '--rm', '--label=fdts-ops=1', '--network=none', '--cap-add=SYS_ADMIN', ...mounts];
  await docker([...run, snapshot.baseImage, 'cp', '-a', '--reflink=auto', '/from/.', '/to/']);
}
