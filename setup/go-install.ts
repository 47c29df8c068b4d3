import { mkdtempSync, renameSync, rmSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { execa } from 'execa';

/** A program that Go builds from its module, under the name that it gets. */
export interface GoProgram {
  /** With its version: `example.org/tool/cmd/tool@v1.2.3`. */
  readonly module: string;
  /** The name that Go gives it: the last part of the module's path. */
  readonly builtAs: string;
  readonly name: string;
  /** A variable of the program that its release sets, such as its version. */
  readonly set?: { readonly variable: string; readonly value: string };
}

/** Builds a program into `folder`; it is there whole or not at all. Needs Go. */
export async function goInstall({ module, builtAs, name, set }: GoProgram, folder: string): Promise<void> {
  const go = await execa('go', ['version'], { reject: false });
  if (go.exitCode !== 0) throw new Error('Go is not installed');
  await mkdir(folder, { recursive: true });
  const flags = set === undefined ? [] : ['-ldflags', `-X ${set.variable}=${set.value}`];
  const workshop = mkdtempSync(join(folder, 'building-'));
  try {
    const built = await execa('go', ['install', ...flags, module], {
      env: { GOBIN: workshop },
      reject: false,
      timeout: 30 * 60_000,
    });
    if (built.exitCode !== 0) throw new Error(`go install failed: ${lastLine(built.stderr)}`);
    renameSync(join(workshop, builtAs), join(folder, name));
  } finally {
    rmSync(workshop, { recursive: true, force: true });
  }
}

function lastLine(text: string | undefined): string {
  return (text ?? '').trim().split('\n').at(-1) ?? '';
}
