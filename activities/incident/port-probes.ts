import { hostname } from 'node:os';
import type { CheckResult } from '../../workflows/contracts/calls.ts';
import type { OutsideQuestion } from '../../workflows/contracts/incident.ts';
import { askFrom } from '../adapters/app/ask-from.ts';
import { machineId } from '../adapters/machine/host-facts.ts';
import { addressesOf, type Dialled, type DialledFrom, dialFrom } from '../adapters/machine/port-probe.ts';
import type { Read } from '../execution/mutation.ts';
import { isLetIn } from './let-in.ts';

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
    ...known.map((address) => seenAt(address, from, question, signal)),
    ...(publicUrl === null ? [] : [closedTo(publicUrl, from, question, signal)]),
  ]);
  return { checks: [...unknown, ...checks.flat()] };
};

/** At one address: that users are shut out, and that operators are not. */
async function seenAt(
  address: string,
  from: string,
  { ports, operatorPort, breakGlass = [] }: OutsideQuestion,
  signal: AbortSignal,
): Promise<CheckResult[]> {
  const numbers = [
    ...new Set(ports.flatMap(({ published, protocol }) => (protocol === 'tcp' ? [published] : []))),
  ];
  const dialled = (port: number): Promise<DialledFrom> => dialFrom(address, port, DIAL_TIMEOUT_MS, signal);
  const [door, ...answers] = await Promise.all([dialled(operatorPort), ...numbers.map(dialled)]);
  const open = numbers.filter((_, index) => answers[index]?.answer === 'open');
  const isThere = door.answer !== 'silent' || answers.some(({ answer }) => answer === 'refused');
  const udp = ports.some(({ protocol }) => protocol !== 'tcp') ? '; only TCP can be dialled' : '';
  return [
    {
      name: `closed at ${address}, seen from ${from}`,
      expected: `${numbers.join(', ')} closed`,
      ...judge(open, {
        closed: `${numbers.join(', ')} closed${udp}`,
        isThere,
        operatorPort,
        ownWayIn: ownWayIn(answers, breakGlass),
      }),
    },
    doorCheck(door.answer, operatorPort, `${address}, seen from ${from}`),
  ];
}

/** The address that every connection here came from, where it is let in on purpose; else null: users may come in too. */
function ownWayIn(answers: readonly DialledFrom[], breakGlass: readonly string[]): string | null {
  const [own = null, ...others] = new Set(answers.flatMap(({ from }) => from ?? []));
  return own !== null && others.length === 0 && isLetIn(own, breakGlass) ? own : null;
}

/** The host cannot know whether operators get through to their door: only an answer from outside proves it. */
function doorCheck(door: Dialled, port: number, where: string): CheckResult {
  const isOpen = door === 'open';
  return {
    name: `the operators' door, port ${port}, answers at ${where}`,
    status: isOpen ? 'pass' : 'not proven',
    expected: 'it takes connections',
    got: isOpen ? 'it does' : door === 'refused' ? 'it refuses them' : 'no answer',
    ...(isOpen
      ? {}
      : {
          answer: `try it from where operators come: ssh -p ${port}; when it does not answer there either, correct incident.operatorPort or open it in the firewall before this host`,
        }),
  };
}

function judge(
  open: readonly number[],
  {
    closed,
    isThere,
    operatorPort,
    ownWayIn,
  }: {
    readonly closed: string;
    readonly isThere: boolean;
    readonly operatorPort: number;
    readonly ownWayIn: string | null;
  },
): Pick<CheckResult, 'status' | 'got' | 'answer'> {
  if (open.length > 0 && ownWayIn !== null)
    return {
      status: 'not proven',
      got: `open: ${open.join(', ')}, ${asMeant(ownWayIn)}`,
      answer: 'dial the ports from a machine that incident.breakGlass does not name',
    };
  if (open.length > 0)
    return {
      status: 'fail',
      got: `open: ${open.join(', ')}`,
      answer: 'users, or whoever attacks, still come in: close these ports in the firewall before this host',
    };
  if (isThere) return { status: 'pass', got: closed };
  return {
    status: 'not proven',
    got: `${closed}; but port ${operatorPort} is silent too: this host may not be reached from there at all`,
    answer: 'dial the ports from a machine that reaches the host',
  };
}

async function closedTo(
  url: string,
  from: string,
  { breakGlass = [] }: OutsideQuestion,
  signal: AbortSignal,
): Promise<CheckResult> {
  const check = { name: `users are shut out of ${url}, seen from ${from}`, expected: 'no answer of 2xx' };
  const answer = await askFrom(url, DIAL_TIMEOUT_MS, signal);
  signal.throwIfAborted();
  if (answer === null) return { ...check, got: 'no answer', status: 'pass' };
  const { status, from: own } = answer;
  if (status < 200 || status > 299) return { ...check, got: String(status), status: 'pass' };
  if (own !== null && isLetIn(own, breakGlass))
    return {
      ...check,
      status: 'not proven',
      got: `${status}, ${asMeant(own)}`,
      answer: 'ask from a machine that incident.breakGlass does not name',
    };
  return {
    ...check,
    status: 'fail',
    got: String(status),
    answer: 'users still come in by another way: close it before this host',
  };
}

const asMeant = (own: string): string => `as meant: ${own} is let in (incident.breakGlass)`;

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
