import type { SandboxHost } from '../../../sandbox/host.ts';
import { waitUntilWorkerRuns } from '../../../setup/install-host-worker.ts';

/** A small disk of its own under FDTS's data folder. */
export interface DataDisk {
  /** Fills it up to less than a copy of the database needs; what FDTS itself needs to run stays. */
  fill(): Promise<void>;
  /** Puts the data folder of before back. */
  remove(): Promise<void>;
}

const data = '/opt/fdts/data';
const project = { cwd: '/opt/fdts' };

/**
 * Mounts a tmpfs over the data folder, with the database in it, while FDTS is stopped. It is a file system that the
 * kernel itself finds full: SQLite's write gets a real ENOSPC, in the middle of the VACUUM, after every check before it.
 */
export async function smallDataDisk(host: SandboxHost): Promise<DataDisk> {
  await host.exec(['docker-compose', 'stop'], project);
  await host.exec(['mkdir', '/run/data-of-before']);
  await host.exec(['rsync', '-a', `${data}/`, '/run/data-of-before/']);
  await host.exec([
    'mount',
    '-t',
    'tmpfs',
    '-o',
    'size=150m,uid=10001,gid=10001,mode=750',
    'small-disk',
    data,
  ]);
  await host.exec(['rsync', '-a', '/run/data-of-before/', `${data}/`]);
  await host.exec(['docker-compose', 'start'], project);
  await restartWorker(host);
  await host.waitUntilServing();
  return {
    fill: async () => {
      const { stdout } = await host.exec(['stat', '--file-system', '--format', '%a %S', data]);
      const [blocks = 0, blockSize = 0] = stdout.split(' ').map(Number);
      const bytes = blocks * blockSize - 12 * 1024 * 1024;
      await host.exec(['fallocate', '--length', String(bytes), `${data}/filler`]);
    },
    remove: async () => {
      await host.exec(['docker-compose', 'stop'], project);
      await host.exec(['umount', data]);
      await host.exec(['rm', '-r', '/run/data-of-before']);
      await host.exec(['docker-compose', 'start'], project);
      await restartWorker(host);
    },
  };
}

// Its unit has mounts of its own, which in a container do not follow the host's.
async function restartWorker(host: SandboxHost): Promise<void> {
  await host.exec(['systemctl', 'restart', 'fdts-ops-host.service']);
  await waitUntilWorkerRuns(host);
}
