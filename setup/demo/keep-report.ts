import { mkdirSync, writeFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import type { SandboxHost } from '../../sandbox/host.ts';
import { checkoutRoot } from '../instance.ts';

/** Copies a run's report (the Markdown file and the JSON beside it) from the host; gives the path of the Markdown. */
export async function keepReport(host: SandboxHost, pathOnHost: string): Promise<string> {
  const folder = join(checkoutRoot, '.fdts-ops', 'reports', basename(dirname(pathOnHost)));
  mkdirSync(folder, { recursive: true });
  for (const name of ['report.md', 'report.json']) {
    writeFileSync(join(folder, name), await host.readFile(join(dirname(pathOnHost), name)));
  }
  return join(folder, basename(pathOnHost));
}
