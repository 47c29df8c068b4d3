import { mkdirSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { execa } from 'execa';
import { checkoutRoot } from './instance.ts';
import { reasonOf } from './reason-of.ts';

const firstByteMs = 15_000;
const wholeDownloadMs = 10 * 60_000;

/**
 * Lets the Temporal SDK download its CLI into `folder`. In a process of its own, because the SDK has no
 * time-out: it is ended when nothing has arrived after 15 seconds (a network that drops packets).
 */
export async function downloadTemporalBySdk(folder: string): Promise<void> {
  mkdirSync(folder, { recursive: true });
  const before = readdirSync(folder).length;
  const script = join(checkoutRoot, 'setup', 'temporal-download-main.ts');
  const child = execa(process.execPath, ['--import', 'tsx', script, folder], {
    reject: false,
    all: true,
    timeout: wholeDownloadMs,
  });
  const patience = setTimeout(() => {
    if (readdirSync(folder).length === before) child.kill();
  }, firstByteMs);
  const { exitCode, isTerminated, all } = await child;
  clearTimeout(patience);
  if (isTerminated) throw new Error('the download site does not answer');
  if (exitCode !== 0) throw new Error(reasonOf(all));
}
