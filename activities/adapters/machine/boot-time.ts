import { readFile } from 'node:fs/promises';

/** When this host's init was started, and a text that is the same until the next boot. */
export type Boot = { readonly bootedAt: string; readonly identity: string };

/**
 * The boot that this process lives in, told by its init (PID 1): in a container or VM-like sandbox the kernel's
 * boot id and uptime are those of the machine outside.
 */
export const currentBoot = async (procFolder = '/proc', now = Date.now()): Promise<Boot> => {
  const stat = await readFile(`${procFolder}/1/stat`, 'utf8');
  const uptime = await readFile(`${procFolder}/uptime`, 'utf8');
  const bootId = await readFile(`${procFolder}/sys/kernel/random/boot_id`, 'utf8').catch(() => '');
  // The name (field 2) may hold spaces and brackets; the start time is field 22, in ticks since the machine's boot.
  const startTicks = Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19]);
  const ageSeconds = Number(uptime.split(' ')[0]) - startTicks / ticksPerSecond;
  return {
    bootedAt: new Date(Math.round((now - ageSeconds * 1000) / 1000) * 1000).toISOString(),
    identity: `${bootId.trim()}:${startTicks}`,
  };
};

// USER_HZ: 100 on every Linux architecture that Node runs on.
const ticksPerSecond = 100;
