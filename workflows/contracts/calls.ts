import type { Containment } from './containment.ts';
import type { ReportSection } from './report.ts';

/**
 * A call of an activity as plain data: what a step does and how it is taken back are both calls, so that the
 * workflow can make them, and the host's journal can record them and `fdts-ops recover` replay them without a server.
 */
export interface Call<Name extends string = string, Result = unknown> {
  readonly activity: Name;
  readonly input: unknown;
  /** Only a type: what the call gives back. */
  readonly __result?: Result;
}

/** What a mutating activity is told about the step that it serves, beside its own input. */
export interface Ticket {
  readonly step: string;
  readonly title: string;
  /** Counts the retries that a person asked for; attempts are limited within one round. */
  readonly round: number;
  /** The run's start in UTC, `YYYYMMDD_HHMMSS`: the source of every name that the run makes on the host. */
  readonly stamp: string;
  /** The number that the host gave with the hold; a lower one than the host's own is refused. */
  readonly fence: number;
  /** `/etc/machine-id` of the host that was checked: another machine under the same name refuses. */
  readonly machineId: string;
  readonly dryRun: boolean;
  /** Recorded on the host before the change is made. */
  readonly undo?: UndoCall;
  /** For an undo: the step that it takes back. */
  readonly undoes?: string;
  /** Set by the cut-over: earlier undos no longer count; `recover` makes these calls instead. */
  readonly finish?: readonly UndoCall[];
  /** Set by the change that reaches the safe state: earlier undos no longer count, and the host has an open incident. */
  readonly contains?: Containment & { readonly procedure: string };
}

/** A call that takes a step back (or, after cut-over, forward), with the words an operator reads. */
export interface UndoCall extends Call {
  readonly title: string;
  /** Of a call after the cut-over: what a person has to know when `recover` ends the run, which says nothing more then. */
  readonly tells?: readonly ReportSection[];
  /** Of a call after the cut-over that nothing else needs: what a person does where it fails. `recover` goes on then. */
  readonly byHand?: string;
}

/** What a mutating activity gives back: its result, and the commands it ran or (dry run) would run. */
export interface Changed<Result> {
  readonly result: Result;
  readonly commands: readonly string[];
  readonly attempts: number;
}

/** One expected result of the runbook, measured. */
export interface CheckResult {
  readonly name: string;
  readonly status: 'pass' | 'fail' | 'skipped' | 'not proven';
  readonly expected: string;
  readonly got: string;
  /** What to do about it, or the procedure that answers it. */
  readonly answer?: string;
}
