import { isCalendarDay } from '../config/calendar.ts';
import type { ControlHost } from '../config/control-schema.ts';
import { dayAt } from '../config/local-time.ts';
import type { CheckResult } from '../workflows/contracts/calls.ts';
import { hostTaskQueue } from '../workflows/contracts/task-queues.ts';
import type { WeeklyOrders } from '../workflows/contracts/weekly-plan.ts';
import type { NextWindow } from '../workflows/contracts/window-plan.ts';
import { OperationError } from './adapters/operation-error.ts';
import { timeLimit } from './adapters/time-limit.ts';
import type { EndReads } from './execution/ends-of-runs.ts';
import type { Read } from './execution/mutation.ts';
import { probePorts } from './incident/port-probes.ts';
import { ANSWERS } from './survey/answers.ts';
import type { AbsenceCalls } from './watch/absent-worker.ts';
import type { OperatorMessages } from './watch/operator-messages.ts';

type Schedules = Pick<ControlHost['schedules'], 'plannedMaintenance' | 'weeklyMaintenance'>;

/** A host that the control worker knows. */
export interface KnownHost {
  readonly name: string;
  /** The machine that has the name; null: whichever comes with it. */
  readonly machineId: string | null;
  /** Where users see FDTS; null when the configuration does not say. */
  readonly publicUrl: string | null;
  /** Where the host itself is reached from the control worker. */
  readonly addresses: readonly string[];
  /** The first window that opens after an instant, and lasts so many seconds. */
  readonly nextWindow: (after: number, seconds: number) => NextWindow;
  readonly timezone: string;
  /** How long a run waits for this host's worker before people are told. */
  readonly workerAwaySeconds: number;
  readonly schedules: Schedules;
}

/** Its reads, those of other runs, and what it tells people, as types for the workflows. */
export type ControlReads = ReturnType<typeof createControlReads> & EndReads & AbsenceCalls & OperatorMessages;

/** What only the control worker can answer: which hosts there are, and how FDTS looks from outside of them. */
export function createControlReads(hosts: readonly KnownHost[]) {
  const resolveHost: Read<
    { readonly host: string | null },
    {
      readonly name: string;
      readonly taskQueue: string;
      readonly publicUrl: string | null;
      /** A worker of an earlier version does not say. */
      readonly timezone?: string;
      readonly workerAwaySeconds: number;
      /** The only machine that may have the name; null: any. A worker of an earlier version does not say. */
      readonly onlyMachine?: string | null;
    }
  > = async (_context, { host }) => {
    const found = find(host);
    const { name, publicUrl, timezone, workerAwaySeconds, machineId: onlyMachine } = found;
    return { name, taskQueue: hostTaskQueue(name), publicUrl, timezone, workerAwaySeconds, onlyMachine };
  };

  /** From where a host can be seen from outside: where it is reached, and the workers of the other hosts. */
  const findVantagePoints: Read<{ readonly host: string }, VantagePoints> = async (_context, { host }) => {
    const found = hosts.find(({ name }) => name === host);
    const others = hosts.filter(({ name }) => name !== host).slice(0, MOST_VANTAGE_POINTS);
    return {
      addresses: found?.addresses ?? [],
      publicUrl: found?.publicUrl ?? null,
      others: others.map(({ name }) => ({ name, taskQueue: hostTaskQueue(name) })),
    };
  };

  /** When the next maintenance window of a host opens, by the configuration that its schedule is made from. */
  const findNextWindow: Read<
    { readonly host: string; readonly after: number; readonly seconds: number },
    NextWindow
  > = async (_context, { host, after, seconds }) => find(host).nextWindow(after, seconds);

  function find(host: string | null): KnownHost {
    const found = host === null && hosts.length === 1 ? hosts[0] : hosts.find(({ name }) => name === host);
    if (found === undefined) throw unknownHost(host, hosts);
    return found;
  }

  /** What a weekly run has to know of its schedule: whether the monthly window is on this day, and what was approved. */
  const weeklyOrders: Read<{ readonly host: string; readonly at: number }, WeeklyOrders> = async (
    _context,
    { host, at },
  ) => {
    const found = find(host);
    const { plannedMaintenance: window, weeklyMaintenance } = found.schedules;
    const isToday = window.enabled && isCalendarDay(window.calendar, dayAt(at, found.timezone));
    const windowToday = isToday ? `${window.calendar.replace('-', ' ')} at ${window.at}` : null;
    return { windowToday, approvedBeforehand: weeklyMaintenance.approvedBeforehand };
  };

  return { resolveHost, findNextWindow, probeFromOutside, findVantagePoints, probePorts, weeklyOrders };
}

/** Where a host is seen from outside, and by whom. */
export interface VantagePoints {
  readonly addresses: readonly string[];
  readonly publicUrl: string | null;
  readonly others: readonly { readonly name: string; readonly taskQueue: string }[];
}

const MOST_VANTAGE_POINTS = 2;

const probeFromOutside: Read<{ readonly url: string }, { readonly checks: readonly CheckResult[] }> = async (
  { signal },
  { url },
) => ({ checks: [await probe(url, signal)] });

async function probe(url: string, signal: AbortSignal): Promise<CheckResult> {
  const expected = 'an answer of 2xx';
  const name = `FDTS seen from the control worker at ${url}`;
  try {
    const response = await fetch(url, {
      signal: AbortSignal.any([signal, timeLimit(10_000)]),
      redirect: 'manual',
    });
    await response.arrayBuffer();
    return {
      name,
      expected,
      got: String(response.status),
      status: response.ok ? 'pass' : 'fail',
      answer: ANSWERS.applicationDown,
    };
  } catch (error) {
    signal.throwIfAborted();
    const reason =
      error instanceof Error && error.cause instanceof Error ? error.cause.message : String(error);
    return { name, expected, got: `no answer: ${reason}`, status: 'fail', answer: ANSWERS.applicationDown };
  }
}

function unknownHost(host: string | null, hosts: readonly KnownHost[]): OperationError {
  const names = hosts.map(({ name }) => name).join(', ') || 'none';
  return new OperationError({
    code: 'UNKNOWN_HOST',
    operation: 'find',
    target: host === null ? 'the host' : `host ${host}`,
    cause: host === null ? `the input names none and several are known: ${names}` : `known are: ${names}`,
    hint: `Start again with {"host":"${hosts[0]?.name ?? 'NAME'}"}, or add the host to the control worker's configuration.`,
    retryable: false,
  });
}
