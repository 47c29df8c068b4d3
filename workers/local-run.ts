import { acquireHostLock } from '../activities/adapters/journal/host-lock.ts';
import type { RunIdentity } from '../activities/adapters/journal/journal-rows.ts';
import { recorded } from '../activities/execution/as-activity.ts';
import { Effects } from '../activities/execution/effects.ts';
import type { Call, Changed, CheckResult, Ticket, UndoCall } from '../workflows/contracts/calls.ts';
import type { ReportSection } from '../workflows/contracts/report.ts';
import type { StepDeclaration, StepRecord } from '../workflows/contracts/step.ts';
import type { RecoveryRun } from '../workflows/procedures/disaster-recovery.ts';
import { activityNamed, type LocalHost, LocalRunEnds, startLater, tellFailed } from './local-host.ts';
import { tellSection } from './tell-section.ts';

/** The steps of a procedure, made by a command on the host: same mutations, same journal, no server. */
export class LocalRun implements RecoveryRun {
  readonly dryRun: boolean;
  readonly steps: StepRecord[];
  readonly checks: CheckResult[] = [];
  readonly sections: ReportSection[] = [];
  hasChanged = false;
  /** Users are in: nothing is taken back any more. */
  isOpen = false;
  readonly #host: LocalHost;
  readonly #run: RunIdentity & { readonly stamp: string; readonly fence: number };
  readonly #signal: AbortSignal;
  readonly #undos: { step: string; undo: UndoCall }[] = [];

  constructor(
    host: LocalHost,
    run: RunIdentity & { readonly stamp: string; readonly fence: number },
    steps: Readonly<Record<string, StepDeclaration>>,
    how: { readonly dryRun: boolean; readonly signal: AbortSignal },
  ) {
    this.#host = host;
    this.#run = run;
    this.#signal = how.signal;
    this.dryRun = how.dryRun;
    this.steps = Object.entries(steps).map(([id, { kind, title }]) => ({
      id,
      kind,
      title,
      status: 'pending',
    }));
  }

  async check<Result>(
    id: string,
    call: Call<string, Result>,
    dryRun?: { says: string; result: Result },
  ): Promise<Result> {
    if (this.dryRun && dryRun !== undefined) {
      this.skip(id, dryRun.says);
      return dryRun.result;
    }
    return this.#step(id, async () => {
      const read = activityNamed(this.#host.reads, call.activity);
      const context = { stamp: this.#run.stamp, signal: this.#signal, progress: () => undefined };
      // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- the call carries the type of its result
      return (await read(context, call.input)) as Result;
    });
  }

  async change<Result>(
    id: string,
    call: Call<string, Result>,
    { undo, finish }: { readonly undo?: UndoCall; readonly finish?: readonly UndoCall[] } = {},
  ): Promise<Result> {
    if (!this.dryRun) this.hasChanged = true;
    if (finish !== undefined) this.#undos.length = 0;
    if (undo !== undefined && !this.dryRun) this.#undos.push({ step: id, undo });
    return this.#step(id, async () => {
      const ticket = this.#ticket(id, this.#record(id).title, {
        ...(undo === undefined ? {} : { undo }),
        ...(finish === undefined ? {} : { finish }),
      });
      const changed = await this.#make(call, ticket, this.#signal);
      const record = this.#record(id);
      record.commands = [...(record.commands ?? []), ...changed.commands];
      // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- the call carries the type of its result
      return changed.result as Result;
    });
  }

  tryChange<Result>(id: string, call: Call<string, Result>): Promise<Result | undefined> {
    return this.change(id, call);
  }

  async gate(id: string, { question, plan }: Parameters<RecoveryRun['gate']>[1]): Promise<void> {
    for (const part of plan) this.#host.say(tellSection(part));
    if (this.dryRun) return this.skip(id, 'dry run: a real run asks here');
    const { ask } = this.#host;
    const approved = ask !== null && (await this.#step(id, () => ask(question)));
    if (!approved)
      throw new LocalRunEnds(
        'rejected',
        ask === null ? 'nobody could be asked: run it at a terminal' : 'a person said no',
      );
  }

  skip(id: string, reason: string): void {
    Object.assign(this.#record(id), { status: 'skipped', note: reason });
  }

  pointOfNoReturn(): void {
    this.#signal.throwIfAborted();
    this.isOpen = true;
  }

  startAtEnd(type: string, input: { readonly host?: string } = {}): string {
    return startLater(type, input);
  }

  section(title: string, lines: readonly string[]): void {
    if (lines.length === 0) return;
    this.sections.push({ title, lines });
  }

  verify(checks: readonly CheckResult[], onFail: 'refused' | 'rolled-back' | 'report'): void {
    this.checks.push(...checks);
    const failed = checks.filter(({ status }) => status === 'fail');
    if (failed.length === 0 || onFail === 'report') return;
    throw new LocalRunEnds(onFail, failed.map(tellFailed).join('. '));
  }

  /** Takes back what was done, last first; null when all of it was, else why not. */
  async takeBack(): Promise<string | null> {
    for (const { step, undo } of this.#undos.toReversed()) {
      this.#host.say(`- ${undo.title}`);
      try {
        await this.#make(
          undo,
          this.#ticket(`undo:${step}`, undo.title, { undoes: step }),
          new AbortController().signal,
        );
        this.#record(step).status = 'undone';
      } catch (error) {
        this.#record(step).status = 'undo-failed';
        return `"${undo.title}" failed: ${error instanceof Error ? error.message : String(error)}`;
      }
    }
    return null;
  }

  async #step<Result>(id: string, work: () => Promise<Result>): Promise<Result> {
    this.#signal.throwIfAborted();
    const record = this.#record(id);
    this.#host.say(`- ${record.title}`);
    Object.assign(record, { status: 'running', startedAt: Date.now() });
    try {
      const result = await work();
      Object.assign(record, { status: 'done', endedAt: Date.now() });
      return result;
    } catch (error) {
      const note = error instanceof Error ? error.message : String(error);
      Object.assign(record, { status: 'failed', endedAt: Date.now(), note });
      throw error;
    }
  }

  async #make(call: Call, ticket: Ticket, signal: AbortSignal): Promise<Changed<unknown>> {
    const { mutations, journal, lockFile } = this.#host;
    const mutation = activityNamed(mutations, call.activity);
    const effects = new Effects(this.dryRun);
    const { stamp } = this.#run;
    const make = async (): Promise<Changed<unknown>> => ({
      result: await mutation(
        { effects, stamp, step: ticket.step, round: 0, signal, progress: () => undefined },
        call.input,
      ),
      commands: effects.commands,
      attempts: 1,
    });
    if (this.dryRun) return make();
    const lock = await acquireHostLock(lockFile, signal);
    try {
      journal.begin(this.#run, ticket, { activity: call.activity, input: call.input });
      return await recorded(journal, this.#run, ticket, signal, make);
    } finally {
      lock.release();
    }
  }

  #ticket(step: string, title: string, more: Partial<Ticket>): Ticket {
    const { stamp, fence } = this.#run;
    return {
      step,
      title,
      round: 0,
      stamp,
      fence,
      machineId: this.#host.machineId,
      dryRun: this.dryRun,
      ...more,
    };
  }

  #record(id: string): StepRecord {
    const found = this.steps.find((step) => step.id === id);
    if (found === undefined) throw new Error(`step ${id} is not declared`);
    return found;
  }
}
