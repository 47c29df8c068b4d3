import { setTimeout as pause } from 'node:timers/promises';
import type { WorkflowHandle } from '@temporalio/client';
import { progressQuery } from '../../workflows/messages.ts';
import { isServerAway } from '../explain-error.ts';
import type { Server } from '../server/connect.ts';
import type { ChecklistView } from './checklist-view.ts';

const EVERY_MS = 1_000;
const ANSWER_MS = 5_000;

/**
 * Shows the checklist of a run until it closes, and gives the status that it closed with. A server or a control
 * worker that is away for a while is said once, and waited for: the run does not depend on who watches.
 */
export async function followRun(
  server: Server,
  handle: WorkflowHandle,
  view: ChecklistView,
): Promise<string> {
  let isAway = false;
  let isSilent = false;
  for (;;) {
    const status = await statusOf(server, handle);
    if ((status === null) !== isAway) {
      isAway = status === null;
      view.say(
        isAway
          ? `${clock()} the Temporal server does not answer: still trying; the run goes on when it is back`
          : `${clock()} the Temporal server is back`,
      );
    }
    if (status !== null) {
      const answered = await showProgress(server, handle, view);
      const closed = status !== 'RUNNING';
      if (answered === isSilent && !closed) {
        isSilent = !answered;
        view.say(
          isSilent
            ? `${clock()} no control worker answers: the checklist is not current; still trying`
            : `${clock()} the control worker is back`,
        );
      }
      if (closed) return status;
    }
    await pause(EVERY_MS);
  }
}

/** Null while the server is away. */
async function statusOf({ connection }: Server, handle: WorkflowHandle): Promise<string | null> {
  try {
    const { status } = await connection.withDeadline(Date.now() + ANSWER_MS, () => handle.describe());
    return status.name;
  } catch (error) {
    if (isServerAway(error)) return null;
    throw error;
  }
}

/** False when nobody answers: no worker, or one that still reads the history. */
async function showProgress(
  { connection }: Server,
  handle: WorkflowHandle,
  view: ChecklistView,
): Promise<boolean> {
  try {
    view.show(await connection.withDeadline(Date.now() + ANSWER_MS, () => handle.query(progressQuery)));
    return true;
  } catch {
    return false;
  }
}

function clock(): string {
  return `${new Date().toISOString().slice(11, 19)} UTC:`;
}
