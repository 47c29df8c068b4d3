import { setTimeout as wait } from 'node:timers/promises';
import type { Ticket } from '../../workflows/contracts/calls.ts';
import type { Holder, Incident } from '../../workflows/contracts/containment.ts';
import type { Journal } from '../adapters/journal/journal.ts';
import type { JournalRun, RunIdentity } from '../adapters/journal/journal-rows.ts';
import { OperationError } from '../adapters/operation-error.ts';

/** The hold, or who keeps an emergency from it. */
export type EmergencyHold =
  | { readonly fence: number; readonly incident: Incident | null; readonly holder: null }
  | { readonly fence: null; readonly holder: Holder };

const LOOK_EVERY_MS = 500;

/** Takes the hold as soon as nobody has it, within `waitSeconds`; a run that keeps it for longer is named. */
export async function holdWhenFree(
  journal: Journal,
  run: RunIdentity,
  { stamp }: Ticket,
  input: { readonly procedure: string; readonly waitSeconds: number },
  signal: AbortSignal,
): Promise<EmergencyHold> {
  const until = Date.now() + input.waitSeconds * 1000;
  for (;;) {
    signal.throwIfAborted();
    try {
      const fence = journal.takeHold(run, { procedure: input.procedure, stamp, emergency: true });
      return { fence, incident: journal.incidentOf(run), holder: null };
    } catch (error) {
      if (!(error instanceof OperationError) || error.code !== 'HOST_BUSY') throw error;
    }
    const holder = journal.openRun();
    if (holder !== null && (holder.state === 'needs-operator' || Date.now() >= until))
      return { fence: null, holder: asHolder(holder) };
    await wait(LOOK_EVERY_MS, undefined, { signal });
  }
}

/** The run that has the host, as other runs are told of it. */
export function asHolder({ procedure, workflowId, runId, startedAt, step, state }: JournalRun): Holder {
  const known = { procedure, workflowId, runId, since: startedAt, step };
  return { ...known, state: state === 'open' ? 'open' : 'needs-operator' };
}
