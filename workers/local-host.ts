import type { Journal } from '../activities/adapters/journal/journal.ts';
import type { Mutation, Read } from '../activities/execution/mutation.ts';
import type { CheckResult } from '../workflows/contracts/calls.ts';
import type { Outcome } from '../workflows/contracts/outcome.ts';

/** What a run without any server works with. */
export interface LocalHost {
  readonly mutations: Readonly<Record<string, Mutation<never, unknown>>>;
  readonly reads: Readonly<Record<string, Read<never, unknown>>>;
  readonly journal: Journal;
  readonly machineId: string;
  readonly lockFile: string;
  readonly say: (text: string) => void;
  /** Asks the person at the terminal; null when nobody can be asked: then a gate is not passed. */
  readonly ask: ((question: string) => Promise<boolean>) | null;
}

/** Ends a local run with a named outcome; before its steps are taken back. */
export class LocalRunEnds extends Error {
  override readonly name = 'LocalRunEnds';
  readonly outcome: Outcome;

  constructor(outcome: Outcome, because: string) {
    super(because);
    this.outcome = outcome;
  }
}

/** The activity of this name; its call carries what it takes and gives. */
export function activityNamed<Work>(
  all: Readonly<Record<string, Work>>,
  name: string,
): (context: object, input: unknown) => Promise<unknown> {
  const found = Object.hasOwn(all, name) ? all[name] : undefined;
  if (found === undefined) throw new Error(`no activity is called ${name}`);
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- the call carries the types (workflows/engine/calls.ts)
  return found as (context: object, input: unknown) => Promise<unknown>;
}

/** Without a server nothing can be started, or wait: a person does it once there is one. */
export function startLater(type: string, { host, ...input }: { readonly host?: string }): string {
  const where = host === undefined ? '' : ` --host ${host}`;
  return `what a person starts once there is a server: fdts-ops start ${type}${where} --input '${JSON.stringify(input)}'`;
}

/** A check that failed, in words. */
export function tellFailed({ name, got, expected, answer = '' }: CheckResult): string {
  return `${name}: got ${got}, expected ${expected}; ${answer}`;
}
