import { mkdirSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import {
  type StoragePlace,
  storagePlace,
  whyNotApart,
} from '../../../activities/adapters/machine/storage-apart.ts';
import { newFolder } from '../data-owner/support/build-site.ts';

const place = (path: string, device: number | null, disk: string | null = null): StoragePlace => ({
  path,
  device,
  disk,
});

const backups = place('/opt/fdts/backups', 1, 'sda');
const system = place('/', 9, 'sdz');

test.each([
  ['not there', place('/mnt/x', null), system, /is not there/],
  ['on the same file system', place('/mnt/x', 1, 'sda'), system, /same file system as \/opt\/fdts\/backups/],
  ['an empty folder whose disk is not mounted', place('/mnt/x', 9, 'sdz'), system, /nothing is mounted/],
  ['another partition of the same disk', place('/mnt/x', 2, 'sda'), system, /same disk \(sda\)/],
  ['another disk', place('/mnt/x', 2, 'sdb'), system, null],
  ['a share of the network', place('/mnt/x', 2), system, null],
  ['a share, where the kernel names no disk at all', place('/mnt/x', 2), place('/', 1), null],
])('external storage that is %s', (_, external, root, why) => {
  const told = whyNotApart(external, [backups, place('/opt/fdts/data', 1)], root);
  if (why === null) expect(told).toBeNull();
  else expect(told).toMatch(why);
});

test('a partition is told by the disk that it is on', async () => {
  const folder = newFolder();
  const { dev } = statSync(folder);
  const sys = join(folder, 'sys');
  mkdirSync(join(sys, 'devices', 'sda', 'sda1'), { recursive: true });
  const link = join(sys, `${Math.floor(dev / 256) % 4096}:${dev % 256}`);
  symlinkSync(join(sys, 'devices', 'sda', 'sda1'), link);
  expect(await storagePlace(folder, sys)).toEqual(place(folder, dev, 'sda1'));
  writeFileSync(join(sys, 'devices', 'sda', 'sda1', 'partition'), '1\n');
  expect(await storagePlace(folder, sys)).toEqual(place(folder, dev, 'sda'));
  expect(await storagePlace(folder, join(folder, 'none'))).toEqual(place(folder, dev));
  expect(await storagePlace(join(folder, 'none'), sys)).toEqual(place(join(folder, 'none'), null));
});
