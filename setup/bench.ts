import { join } from 'node:path';
import { readBenchOptions } from '../bench/bench-options.ts';
import { needs } from './debian-needs.mjs';
import { ensureDebianPackages } from './debian-packages.ts';
import { checkoutRoot, instanceId } from './instance.ts';
import { reasonOf } from './reason-of.ts';
import { runForeground } from './run-foreground.ts';
import { runMain } from './run-main.ts';
import { say } from './say.ts';
import { takeDown } from './take-down.ts';

// Apart from a demo that was kept, and from the tests.
process.env['FDTS_OPS_INSTANCE'] ??= `bench-${instanceId({})}`;

await runMain(async () => {
  const args = process.argv.slice(2);
  readBenchOptions(args);
  const run = (...program: string[]) =>
    runForeground([
      '--import',
      'tsx',
      join(checkoutRoot, ...program),
      ...(program.includes('bench') ? args : []),
    ]);
  const build = await run('setup', 'build.ts');
  if (build !== 0) return build;
  // Without it the figures are those of zlib, and the page says so.
  await ensureDebianPackages(needs.fastBackups, 'The fast compression of backups').catch((error: unknown) =>
    say(reasonOf(error)),
  );
  try {
    return await run('bench', 'run-parts.ts');
  } finally {
    const { problems } = await takeDown({ keepCache: true });
    for (const problem of problems) say(`NOT removed: ${problem}`);
  }
});
