import { existsSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { execa } from 'execa';
import { chromium } from 'playwright-core';
import { type Ask, askAtTerminal } from './consent.mjs';
import { chromiumPrograms, needs, obstacleToInstall } from './debian-needs.mjs';
import { ensureDebianPackages } from './debian-packages.ts';
import { checkoutRoot } from './instance.ts';
import { say } from './say.ts';
import { SetUpError } from './set-up-error.ts';

/**
 * The path of a Chromium for the tests through the Temporal UI: FDTS_OPS_CHROMIUM, one on PATH, Playwright's
 * own; else it is installed (Debian's package, or Playwright's download where Debian's does not exist).
 */
export async function ensureChromium(ask: Ask = askAtTerminal): Promise<string> {
  const found = findChromium();
  if (found) return found;
  if (obstacleToInstall() === undefined)
    await ensureDebianPackages(needs.chromium, 'The test through the Temporal UI', ask);
  if (!findChromium()) await downloadByPlaywright();
  const now = findChromium();
  if (now) return now;
  throw new SetUpError({
    what: 'The tests through the Temporal UI need a Chromium.',
    got: `none of ${chromiumPrograms.join(', ')} on PATH, and none could be installed`,
    expected: 'a Chromium or Chrome',
    next: 'sudo apt-get install -y chromium   (or set FDTS_OPS_CHROMIUM to the path of one), then the same command again',
  });
}

/** The path of a Chromium that is there, or undefined. */
export function findChromium(environment: NodeJS.ProcessEnv = process.env): string | undefined {
  const folders = (environment['PATH'] ?? '').split(delimiter);
  const onPath = chromiumPrograms.flatMap((name) => folders.map((folder) => join(folder, name)));
  const given = environment['FDTS_OPS_CHROMIUM'];
  return [...(given ? [given] : []), ...onPath, chromium.executablePath()].find((path) => existsSync(path));
}

async function downloadByPlaywright(): Promise<void> {
  say('Installing Chromium with Playwright ...');
  const cli = join(checkoutRoot, 'node_modules', 'playwright-core', 'cli.js');
  await execa(process.execPath, [cli, 'install', 'chromium'], { reject: false, timeout: 10 * 60_000 });
}
