import type { Outcome } from '../workflows/contracts/outcome.ts';

/** What the command line ends with, and what it means; scripts may rely on these. */
const EXITS = {
  ok: { code: 0, meaning: 'done; a run: completed' },
  unexpected: {
    code: 1,
    meaning: 'something unexpected; a run that was terminated or failed without an outcome',
  },
  usage: { code: 2, meaning: 'wrong use, refused input or configuration: nothing was started' },
  unreachable: { code: 3, meaning: 'the Temporal server cannot be reached' },
  notFound: { code: 4, meaning: 'no such run, or it has no report (yet)' },
  notCounted: { code: 5, meaning: 'the decision did not count' },
  'attention-needed': {
    code: 10,
    meaning:
      'a run: attention-needed (a check failed); doctor: something is missing; init: the file needs changes before it can be used; schedules list: not as configured, or paused',
  },
  refused: { code: 11, meaning: 'a run: refused' },
  'rolled-back': { code: 12, meaning: 'a run: rolled-back' },
  rejected: { code: 13, meaning: 'a run: rejected' },
  aborted: { code: 14, meaning: 'a run: aborted' },
  expired: { code: 15, meaning: 'a run: expired' },
  contained: { code: 16, meaning: 'a run: contained' },
  'needs-operator': { code: 17, meaning: 'a run: needs-operator' },
  canceled: { code: 18, meaning: 'a run: canceled in the UI or by the API, and taken back' },
} as const;

/** The exit codes by name. */
export type ExitCodeName = keyof typeof EXITS;

/** The number of an exit code. */
export function exitCode(name: ExitCodeName): number {
  return EXITS[name].code;
}

/** The exit code that tells a script how a run ended. */
export function exitCodeOf(outcome: Outcome): number {
  return outcome === 'completed' ? EXITS.ok.code : EXITS[outcome].code;
}

/** Every exit code with its meaning, in rising order, for --help and docs/cli.md. */
export const exitCodes: readonly { readonly code: number; readonly meaning: string }[] = Object.values(EXITS);
