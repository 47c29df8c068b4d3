import { type RootTaskStep, runRootRead, runRootTask } from '../command/root-task.ts';
import type { RunOptions } from '../command/run-command.ts';

/** What packaging/isolation writes while users are shut out, before any rule: it is there until they are let in. */
export const isolationStateFile = '/var/lib/fdts-ops-root/isolation';

/** A port that is closed: as users dial it, and as the container has it. */
export type ClosedPort = {
  readonly published: number;
  readonly target: number;
  readonly protocol: string;
};

/** What users are shut out of, and who still comes in. */
export type IsolationPlan = {
  readonly ports: readonly ClosedPort[];
  /** Addresses, with /bits or without, that are still let in. */
  readonly breakGlass: readonly string[];
  /** The operators' own doors: refused among the closed ones. */
  readonly keep: readonly number[];
};

/** How the isolation of this host stands, as the kernel says. */
export type IsolationState = {
  /** ISO time in UTC; null: users are not shut out. */
  readonly since: string | null;
  readonly ipv4: string;
  readonly ipv6: string;
  readonly ufw: string;
  /** What the rules at boot will be, as `isolationWords` gives it. */
  readonly words: readonly string[];
  /** When rules were found missing since, and which: users could come in until they were put back. */
  readonly gaps: readonly string[];
  /** Where an SSH server listens. */
  readonly sshPorts: readonly number[];
};

/** The rules of one family do what they should, or the host does not have it. */
export const isInForce = (family: string): boolean =>
  family === 'in force' || family === 'not used on this host';

/** The plan in the words of packaging/isolation. */
export const isolationWords = ({ ports, breakGlass, keep }: IsolationPlan): string[] => [
  ...new Set([
    ...ports.map(({ published, target, protocol }) => `${published}:${target}/${protocol}`),
    ...breakGlass.map((address) => `allow=${address}`),
    ...keep.map((port) => `keep=${port}`),
  ]),
];

/** Closes the ports, now and at every boot, until `liftIsolation`. May be repeated. */
export const isolate = async (
  step: RootTaskStep,
  plan: IsolationPlan,
  options: RunOptions,
): Promise<IsolationState> =>
  readIsolationState(await runRootTask(step, 'isolate', isolationWords(plan), options));

/** Removes exactly what `isolate` added. May be repeated. */
export const liftIsolation = async (step: RootTaskStep, options: RunOptions): Promise<IsolationState> =>
  readIsolationState(await runRootTask(step, 'reopen', [], options));

/** What is in force now. Changes nothing. */
export const isolationState = async (options: RunOptions): Promise<IsolationState> =>
  readIsolationState(await runRootRead('isolation', [], options));

/** Reads what `isolation status` prints; a line that is missing counts as not in force. */
export const readIsolationState = (printed: string): IsolationState => {
  const after = (name: string): string[] =>
    printed.split('\n').flatMap((line) => (line.startsWith(`${name} `) ? [line.slice(name.length + 1)] : []));
  return {
    since: after('isolated since').at(-1) ?? null,
    ipv4: after('iptables').at(-1) ?? 'unknown',
    ipv6: after('ip6tables').at(-1) ?? 'unknown',
    ufw: after('ufw').at(-1) ?? 'unknown',
    words: after('word'),
    gaps: after('gap'),
    sshPorts: after('ssh').map(Number),
  };
};
