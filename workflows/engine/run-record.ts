import { setCurrentDetails, workflowInfo } from '@temporalio/workflow';
import type { Changed, CheckResult } from '../contracts/calls.ts';
import type { Incident } from '../contracts/containment.ts';
import type { FreezeClaim, FreezeState } from '../contracts/freeze.ts';
import type { Progress, ReportSection } from '../contracts/report.ts';
import type { StepRecord } from '../contracts/step.ts';
import { AbsentWorker } from './absent-worker.ts';
import type { StandBy } from './activity-policies.ts';
import { checklistMarkdown, formatSeconds } from './checklist.ts';
import type { Decisions } from './decisions.ts';
import { RunEnds } from './failure.ts';
import { freezeClaim } from './freeze.ts';
import type { CommonInput } from './input.ts';
import type { Procedure, StepsById } from './procedure.ts';
import { stampOf } from './stamp.ts';
import { type Message, tellPeople } from './tell-people.ts';
import { ticketFor } from './ticket.ts';
import type { GuardedWindow } from './window-guard.ts';

/** The host that a run works on, once it is known. */
export interface RunHost {
  readonly name: string;
  readonly taskQueue: string;
  readonly machineId: string;
  /** 0 for a run that holds nothing: a read-only procedure or a dry run. */
  readonly fence: number;
  /** What the host said about freezes; absent in runs of earlier versions. */
  readonly freeze?: FreezeState;
  /** The hold was asked for and the answer was lost: the host may have given it. */
  readonly mayHold?: true;
}

/** What is known of a run so far: the checklist, the report and the progress query are drawn from it. */
export class RunRecord<Steps extends StepsById> {
  readonly procedure: Procedure<Steps>;
  readonly stamp: string;
  readonly dryRun: boolean;
  readonly startedAt: number;
  readonly steps: StepRecord[];
  readonly checks: CheckResult[] = [];
  readonly sections: ReportSection[] = [];
  readonly decisions: Decisions;
  readonly freezeClaim: FreezeClaim;
  readonly absentWorker: AbsentWorker;
  host: RunHost | null = null;
  /** The host that is meant, from when it is known by name: also when its worker is away or another run has it. */
  hostName: string | null = null;
  /** The clock of the host's place, from when the host is known by name. */
  timezone: string | undefined;
  /** The open incident that this run has taken over from an earlier one; null for one that begins afresh. */
  incident: Incident | null = null;
  /** Set by a procedure that has to keep to a window. */
  window: GuardedWindow | null = null;
  /** The procedure that goes on with what this run has found, once this one has let go of the host. */
  next: { readonly type: string; readonly workflowId: string; readonly input: object } | null = null;
  /** Set by a procedure that begins when its machine comes back: until then it waits, however long, without a word. */
  awaitsHost = false;
  /** Nobody is there to be asked about a step that failed: what may be left out is left out, and told. */
  asksNobody = false;
  /** True from the first change on: from there nothing gives up because a worker is away. */
  hasChanged = false;
  /** Users were told of the run's work, and not yet how it ended: before the cut-over an undo tells them. */
  usersAwaitEnd = false;
  /** It gave the hold back until its window opens: before a change it takes it again. */
  waitsWithoutHold = false;
  outcome: Progress['outcome'] = null;
  because: string | null = null;
  /** When users were shut out, in milliseconds since the epoch; null while they can work. */
  usersOutSince: number | null = null;
  /** Seconds for which users were shut out, once they are in again. */
  downtimeSeconds: number | null = null;

  constructor(
    procedure: Procedure<Steps>,
    decisions: Decisions,
    { dryRun = false, overrideFreeze }: Partial<CommonInput>,
  ) {
    this.procedure = procedure;
    this.freezeClaim = freezeClaim(procedure, overrideFreeze);
    this.decisions = decisions;
    this.absentWorker = new AbsentWorker(this);
    this.dryRun = dryRun;
    this.startedAt = workflowInfo().startTime.getTime();
    this.stamp = stampOf(this.startedAt);
    this.steps = Object.entries(procedure.steps).map(([id, step]) => ({
      id,
      kind: step.kind,
      title: step.title,
      status: 'pending',
    }));
  }

  /** From here users cannot work: a failed step asks for a short time only. */
  shutUsersOut(): void {
    if (!this.dryRun) this.usersOutSince = Date.now();
  }

  /** Users can work again; what they missed is told, with words for where it was measured. */
  letUsersIn(measured: string): void {
    if (this.usersOutSince === null) return;
    this.downtimeSeconds = (Date.now() - this.usersOutSince) / 1000;
    this.usersOutSince = null;
    this.section('Downtime', [`${formatSeconds(this.downtimeSeconds)} ${measured}, as this run measured it`]);
  }

  /** Starts another procedure on this host as the last thing of the run; gives the id of its run. */
  startAtEnd(
    type: string,
    input: Readonly<Record<string, unknown>> & { readonly host?: string } = {},
  ): string {
    const workflowId = `${type}-${this.host?.name ?? 'host'}-${this.stamp}`;
    if (!this.dryRun) this.next = { type, workflowId, input };
    return workflowId;
  }

  /** What a call is made with: to wait for a worker that is away, but not in silence; null: to give up. */
  get patience(): StandBy | null {
    if (this.awaitsHost) return IN_SILENCE;
    return this.hasChanged ? this.absentWorker : null;
  }

  section(title: string, lines: readonly string[]): void {
    if (lines.length > 0) this.sections.push({ title, lines });
  }

  record(id: string): StepRecord {
    const found = this.steps.find((step) => step.id === id);
    if (found === undefined)
      throw new RunEnds('refused', `step ${id} is not declared in ${this.procedure.type}`);
    return found;
  }

  begin(id: string, status: StepRecord['status'] = 'running'): StepRecord {
    const record = this.record(id);
    record.status = status;
    record.startedAt = Date.now();
    delete record.endedAt;
    delete record.progress;
    this.show();
    return record;
  }

  end(record: StepRecord, status: StepRecord['status'], note?: string): void {
    record.startedAt ??= Date.now();
    record.endedAt = Date.now();
    this.mark(record, status, note);
  }

  /** Like `end`, but the times stay those of the step itself (for its undo). */
  mark(record: StepRecord, status: StepRecord['status'], note?: string): void {
    record.status = status;
    delete record.progress;
    if (note !== undefined) record.note = note;
    this.show();
  }

  /** Takes what the host says of a step under way; what comes after its end is late. */
  progressOf(id: string, text: string): void {
    const record = this.steps.find((step) => step.id === id);
    if (record?.status !== 'running' && record?.status !== 'undoing') return;
    record.progress = text;
    this.absentWorker.over();
    this.show();
  }

  note(id: string, changed: Changed<unknown>): void {
    const record = this.record(id);
    record.commands = [...(record.commands ?? []), ...changed.commands];
    record.attempts = changed.attempts;
  }

  progress(): Progress {
    return {
      procedure: this.procedure.type,
      title: this.procedure.title,
      host: this.hostName,
      ...(this.timezone === undefined ? {} : { timezone: this.timezone }),
      dryRun: this.dryRun,
      startedAt: this.startedAt,
      steps: this.steps,
      gate: this.decisions.gate,
      absence: this.absentWorker.now,
      usersOut: this.usersOutSince !== null,
      outcome: this.outcome,
      because: this.because,
    };
  }

  /** Tells people; never in a dry run, and never a reason to fail. */
  async tell(message: Message): Promise<void> {
    if (this.host === null || this.dryRun) return;
    await tellPeople(this.host.taskQueue, ticketFor(this, this.host, `tell:${message.key}`, 0), message);
  }

  show(): void {
    setCurrentDetails(checklistMarkdown(this.progress(), Date.now()));
  }
}

const IN_SILENCE: StandBy = { during: (_call, make) => make() };
