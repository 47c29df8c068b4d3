import { readdir, realpath } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { exists } from '../data-owner/files/durable-file.ts';

/**
 * The disks that a block device is made of, such as `sda`: a partition's own, all of a logical volume, an array or an
 * encrypted device. Empty when the kernel names none (a network share, a file system of its own devices).
 * `blockDevices`: a folder like /sys/dev/block.
 */
export async function disksBelow(device: number, blockDevices: string): Promise<string[]> {
  // As the kernel's makedev packs them for programs.
  const number = BigInt(device);
  const major = ((number >> 8n) & 0xfffn) | ((number >> 32n) & 0xfffff000n);
  const minor = (number & 0xffn) | ((number >> 12n) & 0xffffff00n);
  const entry = await realpath(join(blockDevices, `${major}:${minor}`)).catch(() => null);
  return entry === null ? [] : [...new Set(await disksOf(entry))].sort();
}

async function disksOf(entry: string): Promise<string[]> {
  const whole = (await exists(join(entry, 'partition'))) ? dirname(entry) : entry;
  const slaves = await readdir(join(whole, 'slaves')).catch(() => []);
  if (slaves.length === 0) return [basename(whole)];
  const below = await Promise.all(
    slaves.map(async (name) => disksOf(await realpath(join(whole, 'slaves', name)))),
  );
  return below.flat();
}
