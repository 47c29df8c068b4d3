import { join } from 'node:path';
import { checkoutRoot, instanceId } from './instance.ts';
import { runCaptured, runForeground } from './run-foreground.ts';
import { say } from './say.ts';
import { countsIn, sumLine } from './test-counts.ts';
import { systemLanes } from './test-lanes.ts';

const VITEST = [join(checkoutRoot, 'node_modules', 'vitest', 'vitest.mjs'), 'run'];

/** Runs the tests that are asked for; without arguments all of them, the system tests in lanes side by side. */
export async function runTests(args: readonly string[]): Promise<number> {
  if (args.length > 0) return runForeground([...VITEST, ...args]);
  const first = await runCaptured([...VITEST, '--project', 'fast', '--project', 'hosts']);
  const lanes = systemLanes().map((files, index) =>
    runCaptured([...VITEST, '--project', 'system', ...files], {
      FDTS_OPS_INSTANCE: `${instanceId()}-${index + 1}`,
    }),
  );
  const runs = [first, ...(await Promise.all(lanes))];
  say(sumLine(runs.map(({ output }) => countsIn(output))));
  return runs.find(({ code }) => code !== 0)?.code ?? 0;
}
