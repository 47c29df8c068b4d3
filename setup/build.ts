import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { execa } from 'execa';
import { buildIsCurrent, stampBuild } from './build-stamp.ts';
import { checkoutRoot } from './instance.ts';
import { runMain } from './run-main.ts';
import { say } from './say.ts';
import { SetUpError } from './set-up-error.ts';

await runMain(async () => {
  if (await buildIsCurrent()) {
    say('build: up to date');
    return 0;
  }
  say('build: compiling and bundling the workflows ...');
  rmSync(join(checkoutRoot, 'dist'), { recursive: true, force: true });
  await compile();
  const { buildWorkflowBundle } = await import('../workers/bundle.ts');
  const bundle = await buildWorkflowBundle();
  await stampBuild();
  say(`build: dist is ready (${bundle})`);
  return 0;
});

async function compile(): Promise<void> {
  const options = {
    preferLocal: true,
    localDir: checkoutRoot,
    cwd: checkoutRoot,
    reject: false,
    all: true,
  } as const;
  const { exitCode, all } = await execa('tsc', ['-p', 'tsconfig.build.json'], options);
  if (exitCode === 0) return;
  throw new SetUpError({
    what: 'The sources do not compile.',
    got: all,
    expected: 'no errors from tsc -p tsconfig.build.json',
    next: 'correct them, then npm run build',
  });
}
