import { CancelledFailure, workflowInfo } from '@temporalio/workflow';
import type { Call, CheckResult } from '../contracts/calls.ts';
import { makeChange, makeRead } from './activity-policies.ts';
import { afterFailure } from './after-failure.ts';
import type { GateRequest } from './ask-person.ts';
import { askUnderWatch, planSection } from './ask-under-watch.ts';
import { endOfFailed, RunEnds } from './failure.ts';
import { withFreeze } from './freeze.ts';
import { requireTime, timeForOneCall, timeToDecide } from './keep-to-window.ts';
import type { StepsById } from './procedure.ts';
import { type RunHost, RunRecord } from './run-record.ts';
import { type ChangeOptions, ticketFor } from './ticket.ts';
import { WayBack } from './way-back.ts';

/** What a procedure's body works with: it runs declared steps, in the order in which the body calls them. */
export class Run<Steps extends StepsById> extends RunRecord<Steps> {
  readonly wayBack = new WayBack();
  /** How often each change was asked for: the host makes one again only in a round of its own. */
  private readonly rounds = new Map<string, number>();
  /** How long a failed step waits for a person while users can work; the procedure sets its gate's time. */
  failureWaitSeconds = 4 * 3600;

  /** Runs a reading step. `dryRun`: what stands in for a result that only a real run can know. */
  async check<Result>(
    id: keyof Steps & string,
    call: Call<string, Result>,
    dryRun?: { readonly says: string; readonly result: Result },
  ): Promise<Result> {
    if (this.dryRun && dryRun !== undefined) {
      this.skip(id, dryRun.says);
      return dryRun.result;
    }
    return this.checkBy(id, (host) => this.read(host, call, id));
  }

  /** Runs a reading step that is another call than one to the host, or more than one. */
  async checkBy<Result>(id: keyof Steps & string, look: (host: RunHost) => Promise<Result>): Promise<Result> {
    const result = await this.perform(id, {}, look);
    if (result === SKIPPED) throw new RunEnds('refused', `${id} cannot be skipped`);
    return result;
  }

  /** Runs a change. Its undo is registered, here and in the host's journal, before the change is made. */
  async change<Result>(
    id: keyof Steps & string,
    call: Call<string, Result>,
    options: ChangeOptions = {},
  ): Promise<Result> {
    const result = await this.tryChange(id, call, options);
    if (result === undefined)
      throw new RunEnds('rolled-back', `${id} was skipped, but what follows needs it`);
    return result;
  }

  /** Like `change`, for a step that a person may skip: undefined then. */
  async tryChange<Result>(
    id: keyof Steps & string,
    call: Call<string, Result>,
    options: ChangeOptions = {},
  ): Promise<Result | undefined> {
    // Before the undos are touched: a run that was stopped must not lose those of the steps that it made.
    this.requireMayBegin(id);
    if (!this.dryRun) this.register(id, options);
    const result = await this.perform(id, options, async (host) => {
      const round = this.rounds.get(id) ?? 0;
      this.rounds.set(id, round + 1);
      const ticket = ticketFor(this, host, id, round, options);
      const patient = this.patience;
      // A message to people is no change of the host.
      if (!this.dryRun && call.activity !== 'announce') this.hasChanged = true;
      const changed = await makeChange(call, ticket, {
        taskQueue: host.taskQueue,
        summary: ticket.title,
        patient,
        ...timeForOneCall(this),
      });
      this.note(id, changed);
      return changed.result;
    });
    return result === SKIPPED ? undefined : result;
  }

  /** Waits for a person. Returns only on an approval; silence ends the run as `expired`. */
  async gate(id: keyof Steps & string, asked: GateRequest): Promise<void> {
    const request = withFreeze(asked, this.host?.freeze, this.freezeClaim);
    this.sections.push(planSection(request));
    if (this.dryRun) {
      this.skip(
        id,
        `dry run: a real run waits here ${Math.round(request.timeoutSeconds / 60)} minutes for an approval`,
      );
      return;
    }
    this.requireMayBegin(id);
    const record = this.begin(id, 'waiting');
    const seconds = timeToDecide(this, id, request.timeoutSeconds);
    const answer = await askUnderWatch(this, id, request, seconds).catch((error: unknown) => {
      this.end(record, 'failed', this.decisions.abortReason ?? 'stopped');
      throw error;
    });
    if (answer === null) {
      this.end(record, 'failed', 'nobody answered in time');
      throw new RunEnds(
        'expired',
        `nobody answered "${record.title}" within ${Math.round(seconds)} seconds${request.timeoutSeconds < asked.timeoutSeconds ? ', before a freeze begins' : ''}; silence is not consent`,
      );
    }
    this.wayBack.approved();
    this.end(record, 'done', `approved by ${this.decisions.made.at(-1)?.by ?? 'somebody'}`);
  }

  /** Marks a step that is not needed, or cannot be done here, with the reason. */
  skip(id: keyof Steps & string, reason: string): void {
    this.end(this.record(id), 'skipped', reason);
  }

  /** Adds measured checks to the report; any failed one ends the run with `onFail`, before or after a rollback. */
  verify(checks: readonly CheckResult[], onFail: 'refused' | 'rolled-back' | 'report'): void {
    this.checks.push(...checks);
    const failed = checks.filter((check) => check.status === 'fail');
    if (failed.length === 0 || onFail === 'report') return;
    throw endOfFailed(failed, onFail);
  }

  /** The cut-over: earlier undos no longer count, an abort is answered "too late". An abort that came before it counts. */
  pointOfNoReturn(because: string): void {
    this.requireMayBegin(this.window?.last ?? null);
    if (!this.dryRun) this.decisions.pointOfNoReturn(because);
  }

  /** An abort counts even when the step that it met ended well. */
  requireNotStopped(): void {
    const { abortReason } = this.decisions;
    if (abortReason !== null) throw new CancelledFailure(abortReason);
  }

  /** @throws CancelledFailure, RunEnds: the run was stopped, or the window is too short for this step. */
  requireMayBegin(id: string | null): void {
    this.requireNotStopped();
    if (id !== null) requireTime(this, id);
  }

  /** A reading call to the control worker: what has to be seen from outside the host. Without `step` outside any declared one. */
  async readFromControl<Result>(
    call: Call<string, Result>,
    step: (keyof Steps & string) | null = null,
  ): Promise<Result> {
    return this.read({ taskQueue: workflowInfo().taskQueue }, call, step);
  }

  /** A reading call outside any declared step (the engine's own). */
  async read<Result>(
    host: { taskQueue: string; machineId?: string },
    call: Call<string, Result>,
    step: (keyof Steps & string) | null = null,
  ): Promise<Result> {
    return makeRead(call, {
      taskQueue: host.taskQueue,
      stamp: this.stamp,
      step,
      machineId: host.machineId ?? null,
      summary: call.activity,
      patient: this.patience,
      ...timeForOneCall(this),
    });
  }

  private register(id: string, options: ChangeOptions): void {
    this.wayBack.register(id, options);
    this.decisions.safeState = this.wayBack.safeState?.safeState ?? null;
  }

  private async perform<Result>(
    id: string,
    { unasked }: Pick<ChangeOptions, 'unasked'>,
    attempt: (host: RunHost) => Promise<Result>,
  ): Promise<Result | typeof SKIPPED> {
    const host = this.host;
    if (host === null) throw new RunEnds('refused', 'no host is known yet');
    for (;;) {
      this.requireMayBegin(id);
      const record = this.begin(id);
      try {
        const result = await attempt(host);
        this.end(record, 'done');
        return result;
      } catch (error) {
        const answer = await afterFailure(this, record, { error, host, unasked });
        if (answer === 'skip') return SKIPPED;
      }
    }
  }
}

const SKIPPED = Symbol('skipped');
