import { readFile } from 'node:fs/promises';

/**
 * Seconds since this host booted, by the kernel's steady clock, which nobody sets. Told by the age of init (PID 1): in a
 * container or VM-like sandbox the kernel's uptime may be that of the machine outside.
 */
export const secondsSinceBoot = async (procFolder = '/proc'): Promise<number> => {
  const uptime = Number((await readFile(`${procFolder}/uptime`, 'utf8')).split(' ')[0]);
  // Where init is hidden from whoever is not root, the machine's uptime is the longest that it can be.
  const stat = await readFile(`${procFolder}/1/stat`, 'utf8').catch(() => '');
  // The name (field 2) may hold spaces and brackets; the start time is field 22, in ticks since the machine's boot.
  const startTicks = Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19] ?? 0);
  const age = uptime - startTicks / ticksPerSecond;
  // Started later than the uptime says: the uptime is the container's own.
  return age < 0 ? uptime : age;
};

// USER_HZ: 100 on every Linux architecture that Node runs on.
const ticksPerSecond = 100;
