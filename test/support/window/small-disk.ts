import type { SandboxHost } from '../../../sandbox/host.ts';
import { restartWorker } from './configure-host.ts';

/** A small disk of its own under a folder of FDTS. */
export interface SmallDisk {
  /** Fills it up with a file that is none of FDTS's, but for what `leavesMegabytes` says. */
  fill(): Promise<void>;
  /** Where that file lies. */
  readonly filler: string;
  /** Puts the folder of before back. */
  remove(): Promise<void>;
}

/** Which folder, how large its disk is, and what `fill` leaves of it. */
export interface SmallDiskOptions {
  readonly folder: 'data' | 'uploads';
  readonly megabytes: number;
  readonly leavesMegabytes: number;
}

const MEGABYTE = 1024 * 1024;
const project = { cwd: '/opt/fdts' };
const before = '/run/folder-of-before';
const asOwner = ['setpriv', '--reuid=10001', '--regid=10001', '--clear-groups'];

/**
 * Mounts a tmpfs over the folder, with what is in it, while FDTS is stopped. It is a file system that the kernel itself finds
 * full: a write gets a real ENOSPC, after every check before it.
 */
export async function smallDisk(
  host: SandboxHost,
  { folder, megabytes, leavesMegabytes }: SmallDiskOptions,
): Promise<SmallDisk> {
  const place = `/opt/fdts/${folder}`;
  const filler = `${place}/filler`;
  await host.exec(['docker-compose', 'stop'], project);
  await host.exec(['mkdir', before]);
  await host.exec(['rsync', '-a', `${place}/`, `${before}/`]);
  const options = `size=${megabytes}m,uid=10001,gid=10001,mode=750`;
  await host.exec(['mount', '-t', 'tmpfs', '-o', options, 'small-disk', place]);
  await host.exec(['rsync', '-a', `${before}/`, `${place}/`]);
  await host.exec(['docker-compose', 'start'], project);
  await restartWorker(host);
  await host.waitUntilServing();
  return {
    filler,
    fill: async () => {
      const { stdout } = await host.exec(['stat', '--file-system', '--format', '%a %S', place]);
      const [blocks = 0, blockSize = 0] = stdout.split(' ').map(Number);
      const bytes = blocks * blockSize - leavesMegabytes * MEGABYTE;
      await host.exec([...asOwner, 'mkdir', filler]);
      await host.exec([...asOwner, 'fallocate', '--length', String(bytes), `${filler}/file`]);
    },
    remove: async () => {
      await host.exec(['docker-compose', 'stop'], project);
      await host.exec(['umount', place]);
      await host.exec(['rm', '-r', before]);
      await host.exec(['docker-compose', 'start'], project);
      await restartWorker(host);
    },
  };
}
