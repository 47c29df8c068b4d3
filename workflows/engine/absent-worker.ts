import {
  CancellationScope,
  isCancellation,
  log,
  sleep,
  upsertSearchAttributes,
  workflowInfo,
} from '@temporalio/workflow';
import type { Absence } from '../contracts/absence.ts';
import { fdtsWaiting } from '../contracts/search-attributes.ts';
import { makeChange, makeRead, type PatientCall, type StandBy } from './activity-policies.ts';
import { control } from './calls.ts';
import { formatSeconds } from './checklist.ts';
import type { StepsById } from './procedure.ts';
import type { RunRecord } from './run-record.ts';
import { LOOK_AT_WORKER, tellAbsence, tellPastAbsence } from './tell-absence.ts';
import { ticketFor } from './ticket.ts';

/** Each look is some events of the run's history: soon at first, then ever more rarely. */
const LONGEST_PAUSE_SECONDS = 900;

/**
 * Sees to it that a run does not wait in silence for a worker that is away: the checklist says so, the search attribute is
 * set, and the control worker tells people, since the host itself cannot. Best effort: the call that waits never fails
 * over it.
 */
export class AbsentWorker implements StandBy {
  /** The absence that the run waits out now. */
  now: Absence | null = null;
  /** How long a call may last before it is seen whether a worker has it, as the host's configuration says. */
  noticeSeconds = 60;
  private readonly run: RunRecord<StepsById>;

  constructor(run: RunRecord<StepsById>) {
    this.run = run;
  }

  async during<Result>(call: PatientCall, make: () => Promise<Result>): Promise<Result> {
    // The control worker that would have to look is the one that is waited for.
    if (call.taskQueue === workflowInfo().taskQueue) return make();
    // Cancellable by itself, in a rollback too, where nothing else is.
    const scope = new CancellationScope();
    void scope
      .run(() => this.watch(call, scope))
      .catch((error: unknown) => {
        if (!isCancellation(error)) log.warn('not watched for an absent worker', { error: String(error) });
      });
    try {
      return await make();
    } finally {
      scope.cancel();
      this.over();
    }
  }

  /** The worker is back: it took the call, or spoke. */
  over(): void {
    if (this.now === null) return;
    this.run.section('Waited for the worker', [tellPastAbsence(this.now, Date.now())]);
    this.now = null;
    this.showWaiting(false);
  }

  private async watch(call: PatientCall, scope: CancellationScope): Promise<void> {
    let isTold = false;
    let pause = this.noticeSeconds;
    for (;;) {
      await sleep(pause * 1000, { summary: 'until it is seen whether a worker has the call' });
      const since = await this.waitsSince(call);
      // The answer and the end of the call may come together.
      if (scope.consideredCancelled) return;
      pause = Math.min(2 * pause, LONGEST_PAUSE_SECONDS);
      if (since === null) this.over();
      else if (this.now === null) {
        pause = this.noticeSeconds;
        this.now = { host: this.run.hostName ?? 'the host', since };
        this.showWaiting(true);
        if (!isTold) void CancellationScope.nonCancellable(() => this.tell(call));
        isTold = true;
      }
    }
  }

  /** Since when the call waits; null when a worker has it. What cannot be seen now stays as it was. */
  private async waitsSince({ activity }: PatientCall): Promise<number | null> {
    const { workflowId, runId, taskQueue } = workflowInfo();
    // Half of it: a call that was tried before waits for its next attempt, which is seconds.
    const seconds = this.noticeSeconds / 2;
    try {
      return await makeRead(control.seeWait({ workflowId, runId, activity, seconds }), {
        taskQueue,
        stamp: this.run.stamp,
        step: null,
        machineId: null,
        summary: `see whether a worker has ${activity}`,
        patient: null,
      });
    } catch (error) {
      if (isCancellation(error)) throw error;
      log.warn('it was not seen whether a worker has the call', { activity });
      return this.now?.since ?? null;
    }
  }

  private async tell({ summary }: PatientCall): Promise<void> {
    const { run, now } = this;
    if (now === null || run.host === null) return;
    const { taskQueue, workflowId } = workflowInfo();
    const out = run.usersOutSince;
    const users =
      out === null ? [] : [`Users have been shut out for ${formatSeconds((Date.now() - out) / 1000)}.`];
    const message = {
      workflowId,
      absence: now,
      subject: `its worker is away in the middle of a run: ${run.procedure.title}`,
      text: [
        `Run ${workflowId} ${tellAbsence(now)}: ${summary}.`,
        ...users,
        `On the host: ${LOOK_AT_WORKER}. The run goes on by itself when the worker is back.`,
      ].join(' '),
    };
    try {
      await makeChange(control.announceAbsence(message), ticketFor(run, run.host, 'tell:absence', 0), {
        taskQueue,
        summary: 'tell people that the worker is away',
        patient: null,
      });
    } catch {
      log.warn('people could not be told that the worker is away');
    }
  }

  private showWaiting(value: boolean): void {
    upsertSearchAttributes([{ key: fdtsWaiting, value }]);
    this.run.show();
  }
}
