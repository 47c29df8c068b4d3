import type { CheckResult } from '../../workflows/contracts/calls.ts';
import type {
  IncidentAccount,
  IncidentPort,
  IncidentRecord,
  IncidentSurvey,
} from '../../workflows/contracts/incident.ts';
import { shellQuote } from '../../workflows/contracts/shell-quote.ts';
import { incidentRecord } from '../adapters/incident-record.ts';
import { keptToken } from '../adapters/kept-token.ts';
import {
  type IsolationState,
  isInForce,
  isolate,
  isolationState,
  isolationWords,
  liftIsolation,
} from '../adapters/machine/isolation.ts';
import { OperationError } from '../adapters/operation-error.ts';
import type { Mutation, Read } from '../execution/mutation.ts';
import type { Host } from '../host.ts';
import { runName } from '../stack/images.ts';
import { containersAtOnce, portsToClose, servicesInOrder } from './incident-survey.ts';
import { bootChecks, doorCheck, linkCheck, mayIsolate, ruleChecks, tellGaps } from './isolation-checks.ts';

const ROOT_TIMEOUT_MS = 120_000;

interface Closed {
  readonly ports: readonly IncidentPort[];
  readonly breakGlass: readonly string[];
  readonly operatorPort: number;
}

/** What a security incident works with, and how it stands. */
export function isolationReads(host: Host) {
  const { config } = host;

  /**
   * What there is to close, found within seconds. Only what makes an isolation impossible refuses: nothing else is worth
   * the time for which whoever attacks stays in.
   */
  const surveyIncident: Read<Record<string, never>, IncidentSurvey> = async ({ signal }) => {
    const { incident } = config;
    const [containers, { check, state }] = await Promise.all([containersAtOnce(host), mayIsolate(signal)]);
    return {
      checks: [check, engineCheck(containers !== null), ...(await bootChecks(signal))],
      isolatedSince: state?.since ?? null,
      ports: portsToClose([...incident.ports, ...closedBefore(state)], containers ?? []),
      breakGlass: incident.breakGlass,
      operatorPort: incident.operatorPort,
      services: servicesInOrder(config, containers ?? []),
      periodSeconds: incident.period,
      approvalTimeoutSeconds: incident.approvalTimeout,
    };
  };

  /** The host's own record of the incident that is open; null when none is. */
  const readIncident: Read<
    Record<string, never>,
    { readonly incident: IncidentRecord | null }
  > = async () => ({
    incident: await incidentRecord(config.state.folder).read(),
  });

  /** Whether users are shut out by the rules of this host, and the doors that must stay open are. */
  const checkIsolation: Read<Closed, { readonly checks: readonly CheckResult[] }> = async (
    { signal },
    closed,
  ) => {
    const state = await isolationState({ timeoutMs: ROOT_TIMEOUT_MS, signal });
    return {
      checks: [
        ...ruleChecks(state, wordsOf(closed)),
        await doorCheck(state, closed.operatorPort, signal),
        await linkCheck(host.temporalAddress, signal),
      ],
    };
  };

  return { surveyIncident, checkIsolation, readIncident };
}

/** Shutting users out, and letting them in again. */
export function isolationMutations({ config }: Host) {
  const record = incidentRecord(config.state.folder);

  /**
   * Closes the ports for everybody but the break-glass addresses: now, for connections that are open too, and at every
   * boot. Changes: rules of its own in the firewall (in ufw where that is active), a state file, the record of the
   * incident. Safe to repeat: the rules are replaced by themselves. A failure leaves what was closed closed.
   */
  const isolateHost: Mutation<
    Closed & { readonly account: IncidentAccount },
    { readonly lines: readonly string[] }
  > = async ({ effects, stamp, step, signal }, { account, ...closed }) => {
    const words = wordsOf(closed);
    const state = await effects.perform(
      `sudo /usr/lib/fdts-ops/isolation on ${words.map(shellQuote).join(' ')}`,
      () => isolate({ run: runName(stamp), step }, planOf(closed), { timeoutMs: ROOT_TIMEOUT_MS, signal }),
      null,
    );
    if (state === null) return { lines: [] };
    if (!isInForce(state.ipv4) || !isInForce(state.ipv6)) throw notClosed(state);
    await record.open({
      id: stamp,
      isolatedAt: state.since ?? new Date().toISOString(),
      account,
      ports: words.filter((word) => !/^(allow|keep)=/.test(word)),
      breakGlass: closed.breakGlass,
    });
    return { lines: [`IPv4 ${state.ipv4}, IPv6 ${state.ipv6}, ufw ${state.ufw}`] };
  };

  /**
   * Lets users in again. Changes: removes exactly the rules and the state file that `isolateHost` made, and ends the record
   * of the incident. Safe to repeat; until its very end a power failure leaves users shut out.
   */
  const reopenHost: Mutation<Record<string, never>, { readonly lines: readonly string[] }> = async ({
    effects,
    stamp,
    step,
    signal,
  }) => {
    const state = await effects.perform(
      'sudo /usr/lib/fdts-ops/isolation off',
      () => liftIsolation({ run: runName(stamp), step }, { timeoutMs: ROOT_TIMEOUT_MS, signal }),
      null,
    );
    if (state === null) return { lines: [] };
    if (state.since !== null || [state.ipv4, state.ipv6].includes('left over')) throw stillClosed(state.ipv4);
    await keptToken(config.state.folder, stamp).forget();
    await record.close(stamp);
    const gaps = state.gaps.length === 0 ? [] : [`RULES HAD BEEN MISSING ${tellGaps(state.gaps)}`];
    return { lines: ['the rules of the incident are gone, no other was touched', ...gaps] };
  };

  return { isolateHost, reopenHost };
}

function planOf({ ports, breakGlass, operatorPort }: Closed) {
  return { ports, breakGlass, keep: [operatorPort] };
}

function wordsOf(closed: Closed): string[] {
  return isolationWords(planOf(closed));
}

function engineCheck(answers: boolean): CheckResult {
  return {
    name: 'the ports that containers publish are known',
    status: answers ? 'pass' : 'not proven',
    expected: 'an answer of Docker',
    got: answers ? 'it answers' : 'it does not answer: only the ports of incident.ports are closed',
    ...(answers ? {} : { answer: 'see that incident.ports has every port of FDTS' }),
  };
}

/** What an incident that is open has closed: an engine that is down by now must not make that less. */
function closedBefore(state: IsolationState | null): string[] {
  return (state?.words ?? []).filter((word) => /^\d/.test(word));
}

function notClosed({ ipv4, ipv6 }: IsolationState): OperationError {
  return new OperationError({
    code: 'NOT_ISOLATED',
    operation: 'isolateHost',
    target: 'the firewall of this host',
    cause: `after the rules were set: IPv4 ${ipv4}, IPv6 ${ipv6}`,
    hint: 'Close the ports before this host (router, provider) at once; then on the host: sudo /usr/lib/fdts-ops/isolation status',
    retryable: true,
  });
}

function stillClosed(cause: string): OperationError {
  return new OperationError({
    code: 'STILL_ISOLATED',
    operation: 'reopenHost',
    target: 'the firewall of this host',
    cause: `rules of the incident are still there: ${cause}`,
    hint: 'On the host: sudo /usr/lib/fdts-ops/isolation off',
    retryable: true,
  });
}
