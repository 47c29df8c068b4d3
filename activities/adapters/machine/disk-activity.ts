import { readFile } from 'node:fs/promises';
import { setTimeout as delay } from 'node:timers/promises';

/** How busy a disk was. `busyPercent`: of the time it had something to do, as `iostat -x` calls %util. */
export type DiskActivity = { readonly disk: string; readonly busyPercent: number };

/** Measures all disks for some time, busiest first. From /proc/diskstats, as `iostat` reads it. */
export const diskActivity = async (
  milliseconds: number,
  signal: AbortSignal,
  file = '/proc/diskstats',
): Promise<readonly DiskActivity[]> => {
  const before = busyTimes(await readFile(file, 'utf8'));
  const began = performance.now();
  await delay(milliseconds, undefined, { signal });
  const elapsed = performance.now() - began;
  const after = busyTimes(await readFile(file, 'utf8'));
  return [...after]
    .map(([disk, busy]) => ({
      disk,
      busyPercent: Math.min(100, ((busy - (before.get(disk) ?? busy)) / elapsed) * 100),
    }))
    .sort((a, b) => b.busyPercent - a.busyPercent);
};

/** The 13th column: milliseconds in which the disk was not idle. Loop and RAM disks are none. */
const busyTimes = (text: string): Map<string, number> =>
  new Map(
    text.split('\n').flatMap((line) => {
      const fields = line.trim().split(/\s+/);
      const [disk, busy] = [fields[2], fields[12]];
      return disk === undefined || busy === undefined || /^(loop|ram)/.test(disk)
        ? []
        : [[disk, Number(busy)] as const];
    }),
  );
