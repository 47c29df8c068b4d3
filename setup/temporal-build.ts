import { mkdtempSync, renameSync, rmSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { execa } from 'execa';

/** The newest Temporal CLI that `go install` can build (later ones have replace directives): server 1.29.1, UI 2.42.1. */
export const pinnedTemporalModule = 'github.com/temporalio/cli/cmd/temporal@v1.5.1';

/** Builds the pinned Temporal CLI into `folder`/temporal; takes 4 to 5 minutes on 2 cores. Needs Go. */
export async function buildTemporalWithGo(folder: string): Promise<void> {
  const go = await execa('go', ['version'], { reject: false });
  if (go.exitCode !== 0) throw new Error('Go is not installed');
  await mkdir(folder, { recursive: true });
  const workshop = mkdtempSync(join(folder, 'building-'));
  try {
    const built = await execa('go', ['install', pinnedTemporalModule], {
      env: { GOBIN: workshop },
      reject: false,
      timeout: 30 * 60_000,
    });
    if (built.exitCode !== 0) throw new Error(`go install failed: ${lastLine(built.stderr)}`);
    renameSync(join(workshop, 'temporal'), join(folder, 'temporal'));
  } finally {
    rmSync(workshop, { recursive: true, force: true });
  }
}

function lastLine(text: string | undefined): string {
  return (text ?? '').trim().split('\n').at(-1) ?? '';
}
