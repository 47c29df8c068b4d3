import type { CheckResult } from '../../workflows/contracts/calls.ts';
import { rootTaskCapability } from '../adapters/command/root-task-capability.ts';
import { unitFiles, unitState } from '../adapters/machine/host-facts.ts';
import {
  type IsolationState,
  isInForce,
  isolationState,
  isolationStateFile,
} from '../adapters/machine/isolation.ts';
import { dial } from '../adapters/machine/port-probe.ts';
import { OperationError } from '../adapters/operation-error.ts';

const DOOR_TIMEOUT_MS = 2000;
const INSTALL = 'run packaging/install-host.sh of this version as root on the host';

/** Whether this host lets the worker shut users out at all: the one thing without which an incident is refused. */
export async function mayIsolate(
  signal: AbortSignal,
): Promise<{ readonly check: CheckResult; readonly state: IsolationState | null }> {
  const check = { name: 'the worker may shut users out', expected: 'root-task of this version answers' };
  const capability = await rootTaskCapability(signal);
  if (!capability.available) {
    const { reason: got, howToGet: answer } = capability;
    return { check: { ...check, status: 'fail', got, answer }, state: null };
  }
  try {
    const state = await isolationState({ timeoutMs: DOOR_TIMEOUT_MS * 5, signal });
    return { check: { ...check, status: 'pass', got: 'it answers' }, state };
  } catch (error) {
    signal.throwIfAborted();
    if (!(error instanceof OperationError)) throw error;
    return { check: { ...check, status: 'fail', got: error.message, answer: INSTALL }, state: null };
  }
}

/** The rules as the kernel has them. */
export function ruleChecks(state: IsolationState, words: readonly string[]): CheckResult[] {
  const missing = words.filter((word) => !state.words.includes(word));
  return [
    family('IPv4', state.ipv4),
    family('IPv6', state.ipv6),
    {
      name: 'every port is closed at the next boot too',
      status: state.since !== null && missing.length === 0 ? 'pass' : 'fail',
      expected: words.join(' '),
      got: state.since === null ? 'nothing is written down' : state.words.join(' '),
    },
    {
      name: 'users were shut out all the time',
      status: state.gaps.length === 0 ? 'pass' : 'fail',
      expected: 'no rule was found missing',
      got: tellGaps(state.gaps),
      answer:
        'find out what loads a whole firewall on this host (journalctl), and whether users came in: the access log',
    },
    {
      name: 'ufw',
      status: state.ufw.startsWith('active') ? 'pass' : 'skipped',
      expected: 'rules where ufw is active; it is never switched on, which could cut operators off',
      got: state.ufw,
    },
  ];
}

/** The first and the last of them. */
export function tellGaps(gaps: readonly string[]): string {
  if (gaps.length === 0) return 'as expected';
  const times = gaps.length === 1 ? 'once' : `${gaps.length} times`;
  return `${times}, put back within 15 s: ${[...new Set([gaps[0], gaps.at(-1)])].join(' … ')}`;
}

function family(name: string, state: string): CheckResult {
  return {
    name: `users are shut out by ${name}`,
    status: isInForce(state) ? 'pass' : 'fail',
    expected: 'in force, before any other rule',
    got: state,
    answer: 'on the host: sudo /usr/lib/fdts-ops/isolation apply',
  };
}

/** Whether the rules come back before Docker publishes a port, at a boot and at a restart of the engine. */
export async function bootChecks(signal: AbortSignal): Promise<CheckResult[]> {
  const files = await unitFiles('docker.service', signal);
  const unit = await unitState('fdts-ops-isolation.service', signal);
  const ready = files.includes(isolationStateFile) && unit.state !== 'not-found';
  return [
    {
      name: 'in force before Docker publishes ports at a boot',
      status: ready ? 'pass' : 'not proven',
      expected: 'fdts-ops-isolation.service, and docker.service that waits for it',
      got: ready ? 'both' : files === '' ? 'no docker.service on this host' : 'not installed',
      ...(ready ? {} : { answer: INSTALL }),
    },
  ];
}

/** The door that must stay open, as far as the host can know: whether it answers from outside is seen from there. */
export async function doorCheck(
  state: IsolationState,
  operatorPort: number,
  signal: AbortSignal,
): Promise<CheckResult> {
  const listens =
    state.sshPorts.includes(operatorPort) ||
    (await dial('127.0.0.1', operatorPort, DOOR_TIMEOUT_MS, signal)) === 'open';
  const isClosed = state.words.some((word) => word.startsWith(`${operatorPort}:`));
  return {
    name: `nothing on this host closes the operators' door, port ${operatorPort}`,
    status: isClosed ? 'fail' : listens ? 'pass' : 'not proven',
    expected: 'something listens there, and no rule closes it',
    got: isClosed
      ? 'a rule closes it'
      : listens
        ? 'it listens, no rule'
        : 'no rule, but nothing listens there',
    ...(listens ? {} : { answer: 'correct incident.operatorPort, or see how you reach this host' }),
  };
}

/** That this worker answers says nothing of a new connection, which it needs after a restart: one is made. */
export async function linkCheck(address: string | null, signal: AbortSignal): Promise<CheckResult> {
  const check = {
    name: "the worker's link to Temporal is open",
    expected: 'the server takes a new connection while users are shut out',
  };
  const server = address === null ? null : hostAndPort(address);
  if (server === null)
    return {
      ...check,
      status: 'not proven',
      got: `no address that could be dialled is known${address === null ? '' : ` (${address})`}`,
      answer: 'set TEMPORAL_ADDRESS of the worker to host:port',
    };
  const answer = await dial(server.host, server.port, DOOR_TIMEOUT_MS, signal);
  if (answer === 'open') return { ...check, status: 'pass', got: `${address} takes it` };
  return {
    ...check,
    status: 'fail',
    got: `${address} ${answer === 'refused' ? 'refuses it' : 'does not answer'}`,
    answer:
      'a worker that restarts now cannot come back: see the rules of the site for outgoing connections, and that the server runs. Without it: sudo fdts-ops recover on the host',
  };
}

const TEMPORAL_PORT = 7233;

/** Host and port of `host:port`, `[::1]:port` or a bare name; null when it is none of them. */
function hostAndPort(address: string): { readonly host: string; readonly port: number } | null {
  const url = URL.canParse(`tcp://${address}`) ? new URL(`tcp://${address}`) : null;
  if (url === null || url.hostname === '') return null;
  return {
    host: url.hostname.replaceAll(/^\[|\]$/g, ''),
    port: url.port === '' ? TEMPORAL_PORT : Number(url.port),
  };
}
