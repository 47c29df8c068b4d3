import type { Ticket, UndoCall } from '../contracts/calls.ts';
import type { Containment } from '../contracts/containment.ts';
import type { StepsById } from './procedure.ts';
import type { RunHost, RunRecord } from './run-record.ts';

/** What a change registers before it is made. */
export interface ChangeOptions {
  readonly undo?: UndoCall;
  /** Only the cut-over: what `recover` does from here instead of undoing. */
  readonly finish?: readonly UndoCall[];
  /** Only the change that reaches the safe state; its undo is `keep`. */
  readonly contains?: Containment;
  /** What becomes of it when it has failed, without asking anybody; else its `onFailure` says. */
  readonly unasked?: 'left out' | 'taken back';
}

/** What a mutating activity is told about the step that it serves; `undoes` for an undo. */
export function ticketFor(
  run: RunRecord<StepsById>,
  host: RunHost,
  step: string,
  round: number,
  options: ChangeOptions & { readonly undoes?: string } = {},
): Ticket {
  return {
    step,
    title: run.procedure.steps[options.undoes ?? step]?.title ?? step,
    round,
    stamp: run.stamp,
    fence: host.fence,
    machineId: host.machineId,
    dryRun: run.dryRun,
    ...(options.undo === undefined ? {} : { undo: options.undo }),
    ...(options.undoes === undefined ? {} : { undoes: options.undoes }),
    ...(options.finish === undefined ? {} : { finish: options.finish }),
    ...(options.contains === undefined
      ? {}
      : {
          undo: options.contains.keep,
          contains: { ...options.contains, procedure: run.procedure.type },
        }),
  };
}
