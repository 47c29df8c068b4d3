import { chmodSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { onTestFinished, vi } from 'vitest';
import { newFolder } from './build-site.ts';

/** Puts a shell script under a program's name first on PATH, for this test and every process that it starts. */
export function standIn(program: string, script: string): void {
  const folder = newFolder();
  chmodSync(folder, 0o755);
  writeFileSync(join(folder, program), `#!/bin/sh\n${script}\n`, { mode: 0o755 });
  setPath(`${folder}:${process.env['PATH'] ?? ''}`);
}

/** As on a machine where nothing is installed but what every Debian has, with which a process is started. */
export function withoutPrograms(): void {
  const folder = newFolder();
  chmodSync(folder, 0o755);
  symlinkSync('/usr/bin/setpriv', join(folder, 'setpriv'));
  setPath(folder);
}

function setPath(path: string): void {
  vi.stubEnv('PATH', path);
  onTestFinished(() => void vi.unstubAllEnvs());
}
