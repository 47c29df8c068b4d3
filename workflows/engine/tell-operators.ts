import { isCancellation, log, workflowInfo } from '@temporalio/workflow';
import type { Ticket } from '../contracts/calls.ts';
import type { OperatorMessage } from '../contracts/operator-message.ts';
import { makeChange } from './activity-policies.ts';
import { control } from './calls.ts';

/** Long enough for a control worker that is started anew; a dead receiver is given up sooner. */
const GIVE_UP_AFTER = '10m';

/** Tells operators over the control worker's channels, for a host that cannot, or is not asked. Best effort. */
export async function tellOperators(
  host: string,
  { kind, subject, text }: Pick<OperatorMessage, 'kind' | 'subject' | 'text'>,
): Promise<void> {
  const { workflowId, taskQueue } = workflowInfo();
  const ticket: Ticket = { ...NO_STEP, step: `tell:${kind}`, title: subject };
  const message = { workflowId, host, kind, occurrence: Date.now(), subject, text };
  try {
    await makeChange(control.tellOperators(message), ticket, {
      taskQueue,
      summary: `tell people: ${subject}`,
      patient: null,
      giveUpAfter: GIVE_UP_AFTER,
    });
  } catch (error) {
    if (!isCancellation(error)) log.warn('people could not be told', { kind });
  }
}

const NO_STEP = { round: 0, stamp: 'tell', fence: 0, machineId: '', dryRun: false } as const;
