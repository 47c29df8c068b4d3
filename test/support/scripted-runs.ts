import { ApplicationFailure, Context } from '@temporalio/activity';
import { WorkflowFailedError, type WorkflowHandle, WorkflowUpdateFailedError } from '@temporalio/client';
import {
  CancelledFailure,
  defineSearchAttributeKey,
  ApplicationFailure as Failure,
} from '@temporalio/common';
import { isReport } from '../../client/server/is-report.ts';
import { isRecord } from '../../config/is-record.ts';
import { waitUntil } from '../../setup/wait-until.ts';
import type { EndOnHost } from '../../workflows/contracts/end-on-host.ts';
import type { RunReport } from '../../workflows/contracts/report.ts';
import { CONTROL_TASK_QUEUE } from '../../workflows/contracts/task-queues.ts';
import { type DecisionMessage, NOT_COUNTED, progressQuery } from '../../workflows/messages.ts';
import type { FakeCall, OnCall } from './fake-host.ts';
import type { TemporalWorld } from './temporal-world.ts';

/** What a made-up host does at one call; `nth` counts from 1. */
export type Behaviour = (call: FakeCall, nth: number) => ReturnType<OnCall>;

/** By step id (`undo:step` for its undo), or by the activity's name for what is no step. */
export type Script = Readonly<Record<string, Behaviour>>;

/** How a run ended, as the server and the report say. */
export interface RunEnd {
  readonly status: 'COMPLETED' | 'FAILED' | 'CANCELED';
  /** The failure's type; null unless it failed. */
  readonly type: string | null;
  readonly report: RunReport;
}

type Say = (decision: 'approve' | 'abort' | 'retry' | 'skip', message?: DecisionMessage) => Promise<string>;

/** A run on the made-up host, with every call that it made. */
export interface ScriptedRun {
  readonly handle: WorkflowHandle;
  readonly calls: readonly FakeCall[];
  /** Waits until the step (or activity) was called. */
  readonly reached: (at: string) => Promise<void>;
  /** Waits until the step's gate is open; 20 s, or so long. */
  readonly asks: (step: string, timeoutMs?: number) => Promise<void>;
  /** Sends a decision as an update, which counts, and returns the answer. */
  readonly says: Say;
  /** Sends a decision as an update, which fails because it does not count, and returns why. */
  readonly saysInVain: Say;
  readonly end: () => Promise<RunEnd>;
}

/** Runs on one made-up host that does what each run's script says. */
export class ScriptedRuns {
  private readonly open = new Map<string, { readonly script: Script; readonly calls: FakeCall[] }>();

  /** Hand this to the world's workers. */
  readonly onCall: OnCall = async (call) => {
    const known = this.open.get(call.workflowId);
    if (known === undefined) return undefined;
    known.calls.push(call);
    const at = placeOf(call);
    return known.script[at]?.(call, known.calls.filter((other) => placeOf(other) === at).length);
  };

  async start(
    world: TemporalWorld,
    type: string,
    script: Script = {},
    input?: unknown,
    { scheduledBy }: { readonly scheduledBy?: string } = {},
  ): Promise<ScriptedRun> {
    const workflowId = `${type}-${crypto.randomUUID()}`;
    const calls: FakeCall[] = [];
    this.open.set(workflowId, { script, calls });
    const handle = await world.env.client.workflow.start(type, {
      taskQueue: CONTROL_TASK_QUEUE,
      workflowId,
      args: input === undefined ? [] : [input],
      // As the server notes it for a run of a schedule.
      ...(scheduledBy === undefined
        ? {}
        : { typedSearchAttributes: [{ key: SCHEDULED_BY, value: scheduledBy }] }),
    });
    return {
      handle,
      calls,
      reached: (at) => until(`"${at}" to be called`, async () => calls.some((call) => placeOf(call) === at)),
      asks: (step, timeoutMs) =>
        until(
          `the gate of "${step}"`,
          async () => (await handle.query(progressQuery)).gate?.step === step,
          timeoutMs,
        ),
      says: (decision, message = {}) => send(handle, decision, message),
      saysInVain: (decision, message = {}) =>
        send(handle, decision, message).then(
          (answer) => Promise.reject(new Error(`"${decision}" counted: ${answer}`)),
          whyNotCounted,
        ),
      end: () => endOf(handle, calls),
    };
  }
}

function send(handle: WorkflowHandle, decision: string, message: DecisionMessage): Promise<string> {
  return handle.executeUpdate<string, [DecisionMessage]>(decision, { args: [message] });
}

function whyNotCounted(error: unknown): string {
  if (!(error instanceof WorkflowUpdateFailedError)) throw error;
  const { cause } = error;
  if (!(cause instanceof Failure) || cause.type !== NOT_COUNTED) throw error;
  return cause.message;
}

const SCHEDULED_BY = defineSearchAttributeKey('TemporalScheduledById', 'KEYWORD');

/** Fails for good, the first `times` times; what a dry run asks is answered. */
export function fails(type = 'BROKEN', times = Number.POSITIVE_INFINITY): Behaviour {
  return async ({ ticket }, nth) => {
    if (ticket?.dryRun !== true && nth <= times) throw ApplicationFailure.nonRetryable('made to fail', type);
    return undefined;
  };
}

/** Does this the first `times` times, and then fails for good. */
export function failsAfter(times: number, first: Behaviour): Behaviour {
  return async (call, nth) => (nth <= times ? first : fails())(call, nth);
}

/** Is refused, the first `times` times, since the host's journal has an end for the run. */
export function fencedOffSince(end: EndOnHost, times = Number.POSITIVE_INFINITY): Behaviour {
  return async (_call, nth) => {
    if (nth <= times) throw ApplicationFailure.nonRetryable('made to fail', 'FENCED_OFF', end);
    return undefined;
  };
}

/** Works until it is told to stop. */
export const hangs: Behaviour = async () => {
  const context = Context.current();
  const timer = setInterval(() => context.heartbeat(), 100);
  try {
    return await context.cancelled;
  } finally {
    clearInterval(timer);
  }
};

/** Works until `released`, whatever it is told meanwhile, and ends well. */
export function holdsUntil(released: Promise<unknown>): Behaviour {
  return async () => {
    const context = Context.current();
    const timer = setInterval(() => context.heartbeat(), 100);
    await released.finally(() => clearInterval(timer));
    return undefined;
  };
}

/** Something to wait for until a test releases it. */
export function latch(): { readonly promise: Promise<void>; readonly release: () => void } {
  const opened = new AbortController();
  const promise = new Promise<void>((resolve) => {
    opened.signal.addEventListener('abort', () => resolve(), { once: true });
  });
  return { promise, release: () => opened.abort() };
}

/** Answers this instead of the usual. */
export function gives(answer: unknown): Behaviour {
  return async () => ({ answer });
}

/** What the engine itself calls; no step of a procedure. */
const ENGINE = new Set(['takeHold', 'takeHoldFirst', 'recoverHolder', 'finishRun']);

/** Answers this from the second call on. */
export function later(answer: unknown): Behaviour {
  return async (_call, nth) => (nth > 1 ? { answer } : undefined);
}

/** Fails for good from the second call on. */
export const failsLater: Behaviour = async (call, nth) => (nth > 1 ? fails()(call, nth) : undefined);

function placeOf({ ticket, activity }: FakeCall): string {
  return ticket === null || ENGINE.has(activity) ? activity : ticket.step;
}

async function until(what: string, holds: () => Promise<boolean>, timeoutMs = 20_000): Promise<void> {
  const held = await waitUntil(holds, { timeoutMs, everyMs: 50 });
  if (!held) throw new Error(`waited ${timeoutMs / 1000} s for ${what}`);
}

async function endOf(handle: WorkflowHandle, calls: readonly FakeCall[]): Promise<RunEnd> {
  try {
    return { status: 'COMPLETED', type: null, report: reportIn(await handle.result()) };
  } catch (error) {
    if (!(error instanceof WorkflowFailedError)) throw error;
    const { cause } = error;
    if (cause instanceof Failure) {
      return { status: 'FAILED', type: cause.type ?? null, report: reportIn(cause.details?.[0]) };
    }
    if (!(cause instanceof CancelledFailure)) throw error;
    // A canceled run has neither result nor details: its report is what was sent to the host.
    const sent = calls.findLast(({ activity }) => activity === 'finishRun')?.input;
    return { status: 'CANCELED', type: null, report: reportIn(isRecord(sent) ? sent['report'] : undefined) };
  }
}

function reportIn(value: unknown): RunReport {
  if (!isReport(value)) throw new Error(`expected a report, got ${JSON.stringify(value)}`);
  return value;
}
