import { join } from 'node:path';
import { execa } from 'execa';
import { ensureArchiveTools } from './archive-tools.ts';
import { ensureChromium } from './chromium.ts';
import { needs } from './debian-needs.mjs';
import { ensureDebianPackages } from './debian-packages.ts';
import { ensureDockerEngine } from './docker-engine.ts';
import { checkoutRoot, testInstanceId } from './instance.ts';
import { runForeground } from './run-foreground.ts';
import { runMain } from './run-main.ts';
import { runTests } from './run-tests.ts';
import { ensureSandboxBase } from './sandbox-base.ts';
import { say } from './say.ts';
import { takeDown } from './take-down.ts';
import { chooseTemporalExecutable } from './temporal-executable.ts';

// Apart from a demo that was kept: the tests start their own things and take them down.
process.env['FDTS_OPS_INSTANCE'] ??= testInstanceId();

await runMain(async () => {
  const build = await runForeground(['--import', 'tsx', join(checkoutRoot, 'setup', 'build.ts')]);
  if (build !== 0) return build;
  try {
    say((await ensureDockerEngine()).description);
    await ensureSandboxBase();
    await ensureCompose();
    await ensureArchiveTools();
    // The bundle's own format is proven by the program that operators have.
    await ensureDebianPackages(needs.bundle, 'The test of the configuration bundle');
    const temporal = await chooseTemporalExecutable();
    say(`Temporal server for the tests: ${temporal.version} (${temporal.path})`);
    process.env['FDTS_OPS_CHROMIUM'] = await ensureChromium();
    return await runTests(process.argv.slice(2));
  } finally {
    const { problems } = await takeDown({ keepCache: true });
    for (const problem of problems) say(`NOT removed: ${problem}`);
  }
});

/** docker-compose.temporal.yml is checked by compose itself, either version. */
async function ensureCompose(): Promise<void> {
  const plugin = await execa('docker', ['compose', 'version'], { reject: false });
  const alone = await execa('docker-compose', ['version'], { reject: false });
  if (plugin.exitCode !== 0 && alone.exitCode !== 0)
    await ensureDebianPackages(needs.compose, 'The check of the compose file');
}
