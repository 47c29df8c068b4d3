import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { loadavg } from 'node:os';
import { join } from 'node:path';
import { execa } from 'execa';
import { bringUp, type Environment } from '../setup/bring-up.ts';
import { ensureDockerEngine } from '../setup/docker-engine.ts';
import { checkoutRoot, stateFolder } from '../setup/instance.ts';
import { reasonOf } from '../setup/reason-of.ts';
import { runMain } from '../setup/run-main.ts';
import { ensureSandboxBase } from '../setup/sandbox-base.ts';
import { say } from '../setup/say.ts';
import type { Bench, BenchPart } from './bench.ts';
import { readBenchOptions } from './bench-options.ts';
import { benchmarksPage } from './figures/benchmarks-page.ts';
import { type PartResult, partResult } from './figures/part-result.ts';
import { partSection } from './figures/part-table.ts';
import { type BenchSite, buildBenchSite } from './measure/bench-site.ts';
import { placeLargeStack } from './measure/large-stack.ts';
import { machineFacts } from './measure/machine-facts.ts';
import { parts } from './parts/index.ts';

const output = join(checkoutRoot, 'test-output', 'bench');

// The measurements themselves; setup/bench.ts builds and installs before them and takes down after them.
await runMain(async () => {
  const { names, times } = readBenchOptions(process.argv.slice(2));
  await ensureDockerEngine();
  await ensureSandboxBase();
  mkdirSync(stateFolder(), { recursive: true });
  const folder = mkdtempSync(join(stateFolder(), 'bench-'));
  const failed: string[] = [];
  try {
    const bench = benchIn(folder, times);
    for (const part of parts.filter(({ name }) => names.includes(name))) {
      say(`\n== ${part.name}`);
      await measure(part, bench).catch((error: unknown) => {
        say(`NOT measured: ${part.name}: ${reasonOf(error)}`);
        failed.push(part.name);
      });
    }
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
  writePage();
  return failed.length > 0 ? 1 : 0;
});

function benchIn(folder: string, times: number | undefined): Bench {
  let environment: Promise<Environment> | undefined;
  let stack: Promise<void> | undefined;
  let site: Promise<BenchSite> | undefined;
  return {
    folder,
    times,
    environment: () => {
      environment ??= bringUp({ useGiven: false });
      return environment;
    },
    largeStack: async () => {
      environment ??= bringUp({ useGiven: false });
      const { host } = await environment;
      stack ??= placeLargeStack(host, folder);
      await stack;
      return host;
    },
    site: () => {
      site ??= buildBenchSite(join(folder, 'site'));
      return site;
    },
  };
}

async function measure(part: BenchPart, bench: Bench): Promise<void> {
  const began = new Date();
  const [loadAverage = 0] = loadavg();
  const measured = await part.run(bench);
  const { stdout: commit } = await execa('git', ['describe', '--always', '--dirty'], { cwd: checkoutRoot });
  const result: PartResult = {
    part: part.name,
    ...measured,
    measuredAt: began.toISOString().replace(/\.\d+Z$/, 'Z'),
    seconds: (Date.now() - began.getTime()) / 1000,
    loadAverage,
    commit,
    machine: await machineFacts(bench.folder),
  };
  mkdirSync(output, { recursive: true });
  writeFileSync(
    join(output, `${part.name}.json`),
    `${JSON.stringify(partResult.parse(result), undefined, 1)}\n`,
  );
  process.stdout.write(`${partSection(result)}\n`);
}

/** From the newest figures of every part, in this run or an earlier one. */
function writePage(): void {
  const files = readdirSync(output).filter((name) => name.endsWith('.json'));
  const results = files.map((name) => partResult.parse(JSON.parse(readFileSync(join(output, name), 'utf8'))));
  const made = benchmarksPage(results);
  if ('missing' in made)
    return say(`docs/benchmarks.md is not written: no figures yet of ${made.missing.join(', ')}`);
  writeFileSync(join(checkoutRoot, 'docs', 'benchmarks.md'), made.page);
  say('Written: docs/benchmarks.md');
}
