import { isCancellation, log, workflowInfo } from '@temporalio/workflow';
import type { Ticket } from '../contracts/calls.ts';
import { makeChange } from '../engine/activity-policies.ts';
import { control } from '../engine/calls.ts';
import type { Told } from './watch-messages.ts';

/** Long enough for a control worker that is started anew; a dead receiver is given up sooner. */
const GIVE_UP_AFTER = '10m';

/** Tells people what a watch has to say, beside its looks: nobody who cannot be reached holds up any of them. */
export class Teller {
  private readonly host: string;
  private underWay = 0;

  constructor(host: string) {
    this.host = host;
  }

  /** Best effort; what could not be told stands in the checklist all the same. */
  tell(told: Told): void {
    this.underWay += 1;
    void this.send(told).finally(() => {
      this.underWay -= 1;
    });
  }

  /** Something is still to be told, and would be lost with the execution. */
  get isTelling(): boolean {
    return this.underWay > 0;
  }

  private async send({ kind, subject, text }: Told): Promise<void> {
    const { workflowId, taskQueue } = workflowInfo();
    const { host } = this;
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
}

const NO_STEP = { round: 0, stamp: 'watch', fence: 0, machineId: '', dryRun: false } as const;
