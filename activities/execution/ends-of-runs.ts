import type { Progress } from '../../workflows/contracts/report.ts';
import type { HolderState } from '../../workflows/contracts/watch.ts';
import type { Read } from './mutation.ts';

/** How a run ended, by its id; null while it goes on. What asks the server lies with the worker. */
export type EndOfRun = (workflowId: string) => Promise<string | null>;

/** What a run says of itself; null when it is over. What asks the server lies with the worker. */
export type ProgressOfRun = (run: OtherRun) => Promise<Progress | null>;

/** One execution on the server. */
export interface OtherRun {
  readonly workflowId: string;
  readonly runId: string;
}

export type EndReads = ReturnType<typeof endReads>;

/** What the control worker knows of other runs. */
export function endReads(endOfRun: EndOfRun, progressOf: ProgressOfRun) {
  /** The outcome of a run, or how the server closed it; null while it goes on. */
  const readEnd: Read<{ readonly workflowId: string }, string | null> = async (_context, { workflowId }) =>
    endOfRun(workflowId);

  /** What the run does that has a host. */
  const readHolder: Read<OtherRun, HolderState> = async (_context, run) => doingOf(await progressOf(run));

  return { readEnd, readHolder };
}

/** A failed step that asks is no gate: the run has begun to change something. */
function doingOf(progress: Progress | null): HolderState {
  if (progress === null || progress.outcome !== null) return 'is gone';
  if (progress.usersOut === true) return 'shuts users out';
  return progress.gate?.answers.includes('approve') === true ? 'waits at a gate' : 'works';
}
