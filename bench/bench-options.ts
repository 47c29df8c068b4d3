import { parseArgs } from 'node:util';
import { reasonOf } from '../setup/reason-of.ts';
import { SetUpError } from '../setup/set-up-error.ts';
import { type PartName, partNames } from './figures/part-result.ts';

/** What was asked for after `npm run bench --`. */
export interface BenchOptions {
  readonly names: readonly PartName[];
  /** How often each way runs; undefined: each part's own number. */
  readonly times: number | undefined;
}

/** Reads the arguments: names of parts (none: all), and `--times N`. Throws SetUpError on any other. */
export function readBenchOptions(args: readonly string[]): BenchOptions {
  const { positionals, values } = parse(args);
  const names = positionals.map((given) => partNames.find((name) => name === given) ?? refuse(given));
  const times = values.times === undefined ? undefined : Number(values.times);
  if (times !== undefined && !(Number.isInteger(times) && times >= 1 && times <= 50))
    refuse(`--times ${values.times}`);
  return { names: names.length === 0 ? partNames : names, times };
}

function parse(args: readonly string[]) {
  try {
    const options = { times: { type: 'string' } } as const;
    return parseArgs({ args: [...args], options, allowPositionals: true, strict: true });
  } catch (error) {
    return refuse(`${args.join(' ')} (${reasonOf(error)})`);
  }
}

function refuse(got: string): never {
  throw new SetUpError({
    what: 'npm run bench: these arguments are not understood.',
    got,
    expected: `any of ${partNames.join(', ')}; and --times 1 to 50`,
    next: 'npm run bench -- window --times 3',
  });
}
