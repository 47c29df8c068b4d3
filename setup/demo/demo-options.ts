import { parseArgs } from 'node:util';
import { reasonOf } from '../reason-of.ts';
import { SetUpError } from '../set-up-error.ts';

/** What the demo was asked for. */
export interface DemoOptions {
  /** End standard output with one line of JSON. */
  readonly json: boolean;
  /** Leave everything running at the end. */
  readonly keep: boolean;
  /** Release an app that never gets healthy: the window has to take itself back. */
  readonly breakApp: boolean;
}

/** Reads the flags after `npm run demo --`. Throws SetUpError on any other. */
export function readDemoOptions(flags: readonly string[]): DemoOptions {
  const { json = false, keep = false, break: broken } = parse(flags);
  if (broken !== undefined && broken !== 'app')
    throw usage(`--break ${broken}`, '--break app (the only thing that can be broken so far)');
  return { json, keep, breakApp: broken === 'app' };
}

function parse(flags: readonly string[]) {
  try {
    const flag = { type: 'boolean' } as const;
    const options = { json: flag, keep: flag, break: { type: 'string' } } as const;
    return parseArgs({ args: [...flags], options, allowPositionals: false, strict: true }).values;
  } catch (error) {
    throw usage(`${flags.join(' ')} (${reasonOf(error)})`, 'any of --json, --keep, --break app');
  }
}

function usage(got: string, expected: string): SetUpError {
  return new SetUpError({
    what: 'npm run demo: these flags are not understood.',
    got,
    expected,
    next: 'npm run demo -- --break app',
  });
}
