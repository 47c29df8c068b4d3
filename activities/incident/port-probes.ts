import { hostname } from 'node:os';
import type { CheckResult } from '../../workflows/contracts/calls.ts';
import type { OutsideQuestion } from '../../workflows/contracts/incident.ts';
import { machineId } from '../adapters/machine/host-facts.ts';
import { addressesOf, type Dialled, dial } from '../adapters/machine/port-probe.ts';
import { timeLimit } from '../adapters/time-limit.ts';
import type { Read } from '../execution/mutation.ts';

const DIAL_TIMEOUT_MS = 3000;

/** Whether users are shut out, seen from the machine where this is run: each port at each address. */
export const probePorts: Read<OutsideQuestion, { readonly checks: readonly CheckResult[] }> = async (
  { signal },
  question,
) => {
  const from = hostname();
  if ((await machineId().catch(() => null)) === question.machineId) return { checks: [notOutside(from)] };
  const { addresses, publicUrl } = question;
  if (addresses.length === 0 && publicUrl === null) return { checks: [NO_ADDRESS] };
  const known = [...new Set((await Promise.all(addresses.map(addressesOf))).flat())];
  const unknown = addresses.length > 0 && known.length === 0 ? [unknownNames(addresses)] : [];
  const checks = await Promise.all([
    ...known.map((address) => closedAt(address, from, question, signal)),
    ...(publicUrl === null ? [] : [closedTo(publicUrl, from, signal)]),
  ]);
  return { checks: [...unknown, ...checks] };
};

async function closedAt(
  address: string,
  from: string,
  { ports, operatorPort }: OutsideQuestion,
  signal: AbortSignal,
): Promise<CheckResult> {
  const numbers = [
    ...new Set(ports.flatMap(({ published, protocol }) => (protocol === 'tcp' ? [published] : []))),
  ];
  const dialled = (port: number): Promise<Dialled> => dial(address, port, DIAL_TIMEOUT_MS, signal);
  const [door, ...answers] = await Promise.all([dialled(operatorPort), ...numbers.map(dialled)]);
  const open = numbers.filter((_, index) => answers[index] === 'open');
  const isThere = door !== 'silent' || answers.includes('refused');
  const udp = ports.some(({ protocol }) => protocol !== 'tcp') ? '; only TCP can be dialled' : '';
  return {
    name: `closed at ${address}, seen from ${from}`,
    expected: `${numbers.join(', ')} closed, and port ${operatorPort} open`,
    ...judge(open, numbers, { isThere, doorIsOpen: door === 'open', operatorPort }, udp),
  };
}

function judge(
  open: readonly number[],
  numbers: readonly number[],
  door: { readonly isThere: boolean; readonly doorIsOpen: boolean; readonly operatorPort: number },
  udp: string,
): Pick<CheckResult, 'status' | 'got' | 'answer'> {
  if (open.length > 0)
    return {
      status: 'fail',
      got: `open: ${open.join(', ')}`,
      answer: 'users, or whoever attacks, still come in: close these ports in the firewall before this host',
    };
  const closed = `${numbers.join(', ')} closed${udp}`;
  if (door.doorIsOpen) return { status: 'pass', got: `${closed}; ${door.operatorPort} open` };
  if (door.isThere) return { status: 'pass', got: `${closed}; ${door.operatorPort} does not answer here` };
  return {
    status: 'not proven',
    got: `${closed}; but port ${door.operatorPort} is silent too: this host may not be reached from there at all`,
    answer: 'dial the ports from a machine that reaches the host',
  };
}

async function closedTo(url: string, from: string, signal: AbortSignal): Promise<CheckResult> {
  const name = `users are shut out of ${url}, seen from ${from}`;
  const expected = 'no answer of 2xx';
  try {
    const response = await fetch(url, {
      signal: AbortSignal.any([signal, timeLimit(DIAL_TIMEOUT_MS)]),
      redirect: 'manual',
    });
    await response.body?.cancel();
    return {
      name,
      expected,
      got: String(response.status),
      status: response.ok ? 'fail' : 'pass',
      ...(response.ok ? { answer: 'users still come in by another way: close it before this host' } : {}),
    };
  } catch {
    signal.throwIfAborted();
    return { name, expected, got: 'no answer', status: 'pass' };
  }
}

const NOT_SEEN = {
  name: 'closed, seen from outside the host',
  status: 'not proven',
  expected: 'every port dialled from another machine',
  answer: 'dial the ports from another machine by hand',
} as const;

function notOutside(from: string): CheckResult {
  return { ...NOT_SEEN, got: `${from} is the host itself: from there its ports are open` };
}

function unknownNames(names: readonly string[]): CheckResult {
  return { ...NOT_SEEN, got: `no address is known for ${names.join(', ')}` };
}

const NO_ADDRESS: CheckResult = {
  ...NOT_SEEN,
  got: "neither addresses nor publicUrl of this host are in the control worker's configuration",
};
