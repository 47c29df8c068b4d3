import { join } from 'node:path';
import { readDemoOptions } from './demo/demo-options.ts';
import { hostName } from './docker-objects.ts';
import { checkoutRoot } from './instance.ts';
import { runForeground } from './run-foreground.ts';
import { runMain } from './run-main.ts';
import { say } from './say.ts';
import { takeDown } from './take-down.ts';

await runMain(async () => {
  const flags = process.argv.slice(2);
  const { keep } = readDemoOptions(flags);
  const build = await runSetupProgram('build.ts');
  if (build !== 0) return build;
  try {
    // A program of its own: it is gone, with all that it does, before anything is taken down after Ctrl-C.
    return await runSetupProgram('demo-window.ts', ...flags);
  } finally {
    if (keep) {
      say('Kept: server, host and workers go on running. npm run demo:down removes them.');
      say(`On the host: docker exec -it ${hostName()} fdts-ops recover --dry-run`);
    } else await takeAllDown();
  }
});

function runSetupProgram(name: string, ...args: string[]): Promise<number> {
  return runForeground(['--import', 'tsx', join(checkoutRoot, 'setup', name), ...args]);
}

/** The sandbox's images and volumes stay for the next demo: `npm run demo:down` removes them too. */
async function takeAllDown(): Promise<void> {
  say('Taking everything down ...');
  // An impatient second Ctrl-C must not leave half of it behind.
  process.on('SIGINT', stay).on('SIGTERM', stay);
  const { done, problems } = await takeDown({ keepCache: true });
  process.off('SIGINT', stay).off('SIGTERM', stay);
  say(
    `  ${done.length} kinds of things removed; the sandbox's images and volumes stay for the next time (npm run demo:down removes them)`,
  );
  for (const problem of problems) say(`NOT removed: ${problem}`);
}

function stay(): void {
  say('Still taking down what was started ...');
}
