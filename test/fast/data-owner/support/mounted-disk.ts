import { execFileSync } from 'node:child_process';
import { chmodSync, chownSync, mkdirSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { onTestFinished } from 'vitest';
import { newFolder, owner } from './build-site.ts';

/** Mounting needs root, which CI has. */
export const mayMount = process.getuid?.() === 0;

/** Mounts an empty disk of its own until the test ends; where it lies. */
export function mountDisk(options = 'size=64M'): string {
  const disk = join(newFolder(), 'disk');
  mkdirSync(disk);
  execFileSync('mount', ['-t', 'tmpfs', '-o', options, 'fdts-ops-test', disk]);
  onTestFinished(() => void execFileSync('umount', [disk]));
  chownSync(disk, owner.uid, owner.gid);
  chmodSync(dirname(disk), 0o755);
  return disk;
}

/** Mounts folders over themselves until the test ends: one disk, but no rename leads from one to the other. */
export function mountApart(folders: readonly string[]): void {
  for (const folder of folders) {
    execFileSync('mount', ['--bind', folder, folder]);
    onTestFinished(() => void execFileSync('umount', [folder]));
  }
}

/** As a kernel does it after errors of the disk. */
export function remountReadOnly(disk: string): void {
  execFileSync('mount', ['-o', 'remount,ro', disk]);
}
