import { mkdirSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { disksBelow } from '../../../activities/adapters/machine/disks-below.ts';
import { mountOf } from '../../../activities/adapters/machine/mount-of.ts';
import {
  type StoragePlace,
  storagePlace,
  whyNotApart,
} from '../../../activities/adapters/machine/storage-apart.ts';
import { newFolder } from '../data-owner/support/build-site.ts';

const place = (path: string, device: number | null, ...disks: string[]): StoragePlace => ({
  path,
  device,
  disks,
  mount: device === null ? null : { fileSystem: `0:${device}`, type: 'ext4', source: `/dev/${device}` },
});

const from = (path: string, device: number, type: string, source: string, fileSystem = `0:${device}`) => ({
  ...place(path, device),
  mount: { fileSystem, type, source },
});

const backups = place('/opt/fdts/backups', 1, 'sda');
const system = place('/', 9, 'sdz');
const pool = from('/opt/fdts/backups', 1, 'zfs', 'tank/backups');
const btrfs = from('/opt/fdts/backups', 1, 'btrfs', '/dev/sda2', '0:40');
const nas = from('/opt/fdts/backups', 1, 'nfs4', 'nas.local:/fdts');

test.each<[string, StoragePlace, StoragePlace, RegExp | null, StoragePlace?]>([
  ['not there', place('/mnt/x', null), system, /is not there/],
  ['on the same file system', place('/mnt/x', 1, 'sda'), system, /same file system as \/opt\/fdts\/backups/],
  ['an empty folder whose disk is not mounted', place('/mnt/x', 9, 'sdz'), system, /nothing is mounted/],
  ['another partition of the same disk', place('/mnt/x', 2, 'sda'), system, /same disk \(sda\)/],
  ['a volume over two disks, one of them the same', place('/mnt/x', 2, 'sda', 'sdb'), system, /disk \(sda\)/],
  ['another disk', place('/mnt/x', 2, 'sdb'), system, null],
  [
    'another subvolume of the same btrfs',
    { ...btrfs, path: '/mnt/x', device: 2 },
    system,
    /same file/,
    btrfs,
  ],
  ['another btrfs', from('/mnt/x', 2, 'btrfs', '/dev/sdb', '0:41'), system, /nobody can tell/, btrfs],
  ['another dataset of the same pool', from('/mnt/x', 2, 'zfs', 'tank/x'), system, /pool \(tank\) as/, pool],
  ['another pool', from('/mnt/x', 2, 'zfs', 'usb/x'), system, null, pool],
  ['a share of the network', from('/mnt/x', 2, 'cifs', '//nas/backups'), system, null],
  [
    'another share of the same server',
    from('/mnt/x', 2, 'nfs4', 'nas.local:/x'),
    system,
    /server \(nas/,
    nas,
  ],
  ['a share, where the kernel names no disk', from('/mnt/x', 2, 'nfs4', 'nas:/x'), place('/', 1), null, pool],
  ['on nobody knows what', from('/mnt/x', 2, 'overlay', 'overlay'), system, /nobody can tell.*\(overlay\)/],
])('external storage that is %s', (_, external, root, why, near = backups) => {
  const told = whyNotApart(external, [near, place('/opt/fdts/data', 1)], root);
  if (why === null) expect(told).toBeNull();
  else expect(told).toMatch(why);
});

/** A folder like /sys/dev/block: its devices have the minor numbers 1, 2, … of major 8; some lie on others. */
function kernelWith(devices: readonly (readonly [path: string, ...slaves: string[]])[]): string {
  const sys = join(newFolder(), 'sys');
  const folderOf = (path: string) => join(sys, 'devices', path);
  for (const [index, [path]] of devices.entries()) {
    mkdirSync(folderOf(path), { recursive: true });
    if (path.includes('/')) writeFileSync(join(folderOf(path), 'partition'), '1\n');
    symlinkSync(folderOf(path), join(sys, `8:${index + 1}`));
  }
  for (const [path, ...slaves] of devices) {
    mkdirSync(join(folderOf(path), 'slaves'), { recursive: true });
    for (const slave of slaves)
      symlinkSync(folderOf(slave), join(folderOf(path), 'slaves', slave.replaceAll('/', '-')));
  }
  return sys;
}

test('the disks below a partition, a logical volume, an encrypted device and an array', async () => {
  const sys = kernelWith([
    ['sda'],
    ['sda/sda1'],
    ['dm-0', 'sda/sda1'],
    ['dm-1', 'dm-0'],
    ['sdb'],
    ['md0', 'sda/sda1', 'sdb'],
  ]);
  const below = (minor: number) => disksBelow(8 * 256 + minor, sys);
  expect(await below(1)).toEqual(['sda']);
  expect(await below(2)).toEqual(['sda']);
  expect(await below(3)).toEqual(['sda']);
  expect(await below(4)).toEqual(['sda']);
  expect(await below(6)).toEqual(['sda', 'sdb']);
  expect(await below(7)).toEqual([]);
});

test('the mount of a path is the innermost one, and of two at one place the last', async () => {
  const list = join(newFolder(), 'mountinfo');
  writeFileSync(
    list,
    `22 1 8:1 / / rw,relatime shared:1 - ext4 /dev/sda1 rw
30 22 0:40 /@a /mnt/with\\040space rw - btrfs /dev/sdb rw
31 22 0:41 / /mnt/x rw - autofs systemd-1 rw
32 31 0:42 / /mnt/x rw master:3 - nfs4 nas:/x rw
`,
  );
  expect(await mountOf('/mnt/xy', list)).toMatchObject({ fileSystem: '8:1', source: '/dev/sda1' });
  expect(await mountOf('/mnt/x/a', list)).toEqual({ fileSystem: '0:42', type: 'nfs4', source: 'nas:/x' });
  expect(await mountOf('/mnt/with space', list)).toMatchObject({ type: 'btrfs' });
  expect(await mountOf('/', join(list, 'none'))).toBeNull();
});

test('a place is told by its disks, and a btrfs by what it was mounted from', async () => {
  const folder = newFolder();
  const { dev } = statSync(folder);
  const sys = kernelWith([['sda'], ['sda/sda1'], ['dm-0', 'sda/sda1']]);
  const mountInfo = join(sys, 'mountinfo');
  writeFileSync(mountInfo, `22 1 0:7 / / rw - btrfs /dev/mapper/vg-data rw\n`);
  const views = { blockDevices: sys, mountInfo, blockDevice: async () => 8 * 256 + 3 };
  const mount = { fileSystem: '0:7', type: 'btrfs', source: '/dev/mapper/vg-data' };
  expect(await storagePlace(folder, views)).toEqual({ path: folder, device: dev, disks: ['sda'], mount });
  const unknown = { ...views, blockDevice: async () => null };
  expect(await storagePlace(folder, unknown)).toEqual({ path: folder, device: dev, disks: [], mount });
  symlinkSync(join(sys, 'devices', 'sda'), join(sys, `${Math.floor(dev / 256) % 4096}:${dev % 256}`));
  expect(await storagePlace(folder, unknown)).toMatchObject({ disks: ['sda'] });
  const none = { path: join(folder, 'none'), device: null, disks: [], mount: null };
  expect(await storagePlace(join(folder, 'none'), views)).toEqual(none);
});
