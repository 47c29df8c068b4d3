import { statSync } from 'node:fs';
import { execa } from 'execa';
import { checkoutRoot } from './instance.ts';
import { reasonOf } from './reason-of.ts';
import { runMain } from './run-main.ts';
import { say } from './say.ts';

/** A tenth above what the workflows and Temporal's own packages take: a library for the outside world is more than that. */
const bundleBudgetBytes = 3_900_000;

const checks: { name: string; run: () => Promise<string | undefined> }[] = [
  { name: 'format', run: () => tool('biome', ['check', '--error-on-warnings', '.']) },
  { name: 'lint', run: () => tool('oxlint', ['--type-aware', '--deny-warnings']) },
  { name: 'types', run: () => tool('tsc', ['-p', '.']) },
  { name: 'unused code', run: () => tool('knip', []) },
  { name: 'bundle budget', run: bundleOverBudget },
  { name: 'architecture', run: () => tool('vitest', ['run', '--project', 'fast', 'test/fast/architecture']) },
];

await runMain(async () => {
  let failed = 0;
  for (const { name, run } of checks) {
    const began = Date.now();
    const problem = await run().catch(reasonOf);
    say(
      `check: ${name.padEnd(14)} ${problem === undefined ? 'pass' : 'FAIL'}  ${((Date.now() - began) / 1000).toFixed(1)} s`,
    );
    if (problem === undefined) continue;
    failed += 1;
    say(problem.trim());
  }
  process.stdout.write(`${checks.length - failed} passed, ${failed} failed\n`);
  return failed > 0 ? 1 : 0;
});

/** Runs a program of node_modules; its output when it failed. */
async function tool(name: string, args: string[]): Promise<string | undefined> {
  const options = {
    preferLocal: true,
    localDir: checkoutRoot,
    cwd: checkoutRoot,
    reject: false,
    all: true,
  } as const;
  const { exitCode, all, shortMessage } = await execa(name, args, options);
  return exitCode === 0 ? undefined : all || shortMessage;
}

async function bundleOverBudget(): Promise<string | undefined> {
  const { buildWorkflowBundle } = await import('../workers/bundle.ts');
  const { size } = statSync(await buildWorkflowBundle());
  if (size <= bundleBudgetBytes) return undefined;
  return `the workflow bundle has ${size} bytes, more than ${bundleBudgetBytes}: find what a workflow imports by value`;
}
