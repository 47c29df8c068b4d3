import type { HostLock } from '../activities/adapters/journal/host-lock.ts';
import type { Journal } from '../activities/adapters/journal/journal.ts';
import { endedMeanwhile } from '../activities/adapters/journal/journal-errors.ts';
import { RECOVER_STEP } from '../activities/adapters/journal/journal-rows.ts';
import { withHint } from '../activities/adapters/operation-error.ts';
import { recorded } from '../activities/execution/as-activity.ts';
import { Effects } from '../activities/execution/effects.ts';
import type { Mutation } from '../activities/execution/mutation.ts';
import type { CheckResult, Ticket, UndoCall } from '../workflows/contracts/calls.ts';
import type { Incident } from '../workflows/contracts/containment.ts';
import type { ReportSection } from '../workflows/contracts/report.ts';
import { type Direction, planRecovery, type RecoveryCall, type RecoveryPlan } from './plan-recovery.ts';

/** What recovery works with: every change that the host can make, by name. */
export interface RecoveringHost {
  readonly mutations: Readonly<Record<string, Mutation<never, unknown>>>;
  readonly machineId: string;
  /** Waits for the change that is under way, and takes the host's lock; `onWait` is called once when there is one. */
  readonly takeLock: (signal: AbortSignal, onWait: () => void) => Promise<HostLock>;
  /** Whether FDTS serves users, once nothing is left to do. */
  readonly checkServing: (
    services: readonly string[],
    signal: AbortSignal,
  ) => Promise<readonly CheckResult[]>;
}

/** What a recovery did; its direction may differ from the plan's when the run went on in between. */
export interface Recovery {
  readonly direction: Direction;
  /**
   * `needs-operator`: a call failed, or FDTS does not serve; the host stays quarantined. `attention-needed`: what failed is
   * left to a person, nothing else needs it.
   */
  readonly outcome: 'rolled-back' | 'completed' | 'attention-needed' | 'contained' | 'needs-operator';
  /** With `contained`: the incident that stays open. */
  readonly incident: Incident | null;
  readonly steps: readonly Recovered[];
  readonly checks: readonly CheckResult[];
  /** What a person has to know besides: the run that would have said it is gone. */
  readonly sections: readonly ReportSection[];
  /** Why a call failed; null when none did. */
  readonly failure: string | null;
}

/** How one call of a recovery ended. Times are milliseconds since the epoch. */
export interface Recovered {
  readonly title: string;
  readonly commands: readonly string[];
  readonly startedAt: number;
  readonly endedAt: number;
  readonly failed: boolean;
}

interface RecoveryOptions {
  readonly signal: AbortSignal;
  readonly onStep: (title: string) => void;
  readonly dryRun: boolean;
  /** A person's choice after the cut-over; null goes on in the direction in which the run was going. */
  readonly wanted?: Direction | null;
  /** Writes down how it ended; called before the journal frees the host, so that no recovery is without a trace. */
  readonly onEnd?: (recovery: Recovery) => Promise<void>;
}

/**
 * Finishes or takes back what a run left, without any Temporal server. Waits for a change that is under way; then raises
 * the fence, so that the run's own worker is fenced off from here. Until then nothing is changed: who gives up the wait has
 * taken nothing from the run. Repeating it goes on where it stopped.
 * @throws OperationError `RUN_ENDED`: the run ended by itself, or was cleared, since it was planned.
 */
export async function recover(
  plan: RecoveryPlan,
  host: RecoveringHost,
  journal: Journal,
  options: RecoveryOptions,
): Promise<Recovery> {
  const { signal } = options;
  if (options.dryRun) {
    const { steps, left, failure } = await makeAll(plan.calls, plan.run.fence);
    if (failure !== null) throw failure.error;
    const { direction, incident } = plan;
    return { direction, outcome: goal(plan), incident, steps, checks: left, sections: [], failure: null };
  }
  const lock = await host.takeLock(signal, () =>
    options.onStep('Wait for a change that is still being made'),
  );
  try {
    const fence = journal.takeOver(plan.run);
    // Read again once nothing else can change it: the run may have begun a change after it was planned.
    const current = planRecovery(journal, options.wanted ?? null);
    // A run that did not know of its hold may have renounced it in this moment.
    if (current?.run.fence !== fence)
      throw endedMeanwhile(plan.run, journal.findRun(plan.run)?.outcome ?? null);
    const { direction, calls, incident, hasChanged, services } = current;
    const { steps, left, failure } = await makeAll(calls, fence);
    // In a safe state it is not meant to serve.
    const hasToServe = failure === null && hasChanged && incident === null;
    const served = hasToServe ? await serving(host, services, signal) : [];
    const isGood = failure === null && served.every(({ status }) => status !== 'fail');
    const asMeant = left.length === 0 ? goal(current) : 'attention-needed';
    const outcome = isGood ? asMeant : 'needs-operator';
    const checks = [...left, ...served];
    const sections = calls.flatMap(({ call }) => call.tells ?? []);
    const told = { checks, sections, failure: failure?.told ?? null };
    const recovery = { direction, outcome, incident, steps, ...told } as const;
    await options.onEnd?.(recovery);
    journal.closeRun(plan.run, outcome, fence);
    return recovery;
  } finally {
    lock.release();
  }

  /** One after the other; stops at the first that fails and cannot be left to a person, since those before it build on it. */
  async function makeAll(calls: readonly RecoveryCall[], own: number) {
    const steps: Recovered[] = [];
    const left: CheckResult[] = [];
    for (const { call, undoes } of calls) {
      options.onStep(call.title);
      const effects = new Effects(options.dryRun);
      const startedAt = Date.now();
      const done = (failed: boolean) =>
        steps.push({ title: call.title, commands: effects.commands, startedAt, endedAt: Date.now(), failed });
      try {
        await make(call, undoes, own, effects);
        done(false);
      } catch (error) {
        done(true);
        const got = withHint(error);
        if (call.byHand === undefined || signal.aborted)
          return { steps, left, failure: { told: `"${call.title}" failed: ${got}`, error } };
        left.push({ name: call.title, status: 'fail', expected: 'done', got, answer: call.byHand });
      }
    }
    return { steps, left, failure: null };
  }

  async function make(call: UndoCall, undoes: string | null, own: number, effects: Effects): Promise<void> {
    const mutation = mutationNamed(host, call.activity);
    const { stamp } = plan.run;
    const step = `${RECOVER_STEP}${undoes ?? call.activity}:${own}`;
    const change = () =>
      mutation({ effects, stamp, step, round: 0, signal, progress: () => undefined }, call.input);
    if (options.dryRun) {
      await change();
      return;
    }
    const ticket: Ticket = {
      step,
      title: call.title,
      round: 0,
      stamp,
      fence: own,
      machineId: host.machineId,
      dryRun: false,
      ...(undoes === null ? {} : { undoes }),
    };
    journal.begin(plan.run, ticket, { activity: call.activity, input: call.input });
    await recorded(journal, plan.run, ticket, signal, async () => ({
      result: await change(),
      commands: effects.commands,
      attempts: 1,
    }));
  }
}

function goal({ direction, incident }: RecoveryPlan): 'rolled-back' | 'completed' | 'contained' {
  if (incident !== null) return 'contained';
  return direction === 'undo' ? 'rolled-back' : 'completed';
}

async function serving(
  host: RecoveringHost,
  services: readonly string[],
  signal: AbortSignal,
): Promise<readonly CheckResult[]> {
  try {
    return await host.checkServing(services, signal);
  } catch (error) {
    const got = error instanceof Error ? error.message : String(error);
    return [{ name: 'FDTS serves users', status: 'fail', expected: 'every service up and healthy', got }];
  }
}

function mutationNamed({ mutations }: RecoveringHost, name: string): Mutation<unknown, unknown> {
  const found = Object.hasOwn(mutations, name) ? mutations[name] : undefined;
  if (found === undefined) {
    throw new Error(
      `the journal names the activity "${name}", which this version of fdts-ops does not know: use the version that wrote it`,
    );
  }
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- the journal keeps the input that this mutation was given
  return found as Mutation<unknown, unknown>;
}
