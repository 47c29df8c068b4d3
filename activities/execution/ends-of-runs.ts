import type { Read } from './mutation.ts';

/** How a run ended, by its id; null while it goes on. What asks the server lies with the worker. */
export type EndOfRun = (workflowId: string) => Promise<string | null>;

export type EndReads = ReturnType<typeof endReads>;

/** What the control worker knows of other runs. */
export function endReads(endOfRun: EndOfRun) {
  /** The outcome of a run, or how the server closed it; null while it goes on. */
  const readEnd: Read<{ readonly workflowId: string }, string | null> = async (_context, { workflowId }) =>
    endOfRun(workflowId);

  return { readEnd };
}
