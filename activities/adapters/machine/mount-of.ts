import { readFile } from 'node:fs/promises';
import { unescape } from '../data-owner/files/mount-points.ts';

/** What is mounted where a path lies. */
export interface Mount {
  /** Such as `0:45`: the same for all subvolumes of one btrfs, whose device numbers differ. */
  readonly fileSystem: string;
  /** Such as `ext4`, `zfs`, `nfs4`. */
  readonly type: string;
  /** What it was mounted from: `/dev/sda2`, `tank/data`, `nas:/backups`. */
  readonly source: string;
}

/** The mount that a real path is on, by a list like /proc/self/mountinfo; null when that cannot be read. */
export async function mountOf(path: string, mountInfo: string): Promise<Mount | null> {
  const lines = (await readFile(mountInfo, 'utf8').catch(() => '')).split('\n');
  let found: Mount | null = null;
  let longest = -1;
  for (const line of lines) {
    const [before = '', after = ''] = line.split(' - ');
    const [, , fileSystem, , escaped] = before.split(' ');
    const [type, source] = after.split(' ');
    if (fileSystem === undefined || escaped === undefined || type === undefined || source === undefined)
      continue;
    const point = unescape(escaped);
    const isAbove = point === '/' || path === point || path.startsWith(`${point}/`);
    // Of several at one place the last one is on top.
    if (!isAbove || point.length < longest) continue;
    longest = point.length;
    found = { fileSystem, type, source: unescape(source) };
  }
  return found;
}
