import type { Context } from '@temporalio/activity';
import { STEP_PROGRESS_SIGNAL, type StepProgressMessage } from '../../workflows/contracts/step-progress.ts';

/** Each message is an event of the run's history: soon at first, then ever more rarely. */
const FIRST_AFTER_MS = 3_000;
const LONGEST_PAUSE_MS = 30_000;
const PAUSE_GROWTH = 1.3;

/**
 * Tells the run how far a step is, for its checklist; heartbeats reach the server only. Nothing depends on it: a message
 * that is lost is followed by the next.
 */
export class ProgressTeller {
  private readonly context: Context;
  private readonly step: string;
  private pauseMs = FIRST_AFTER_MS;
  private nextAt = Date.now() + FIRST_AFTER_MS;
  private told = '';

  constructor(context: Context, step: string) {
    this.context = context;
    this.step = step;
  }

  tell(text: string): void {
    const now = Date.now();
    if (text === this.told || now < this.nextAt) return;
    this.told = text;
    this.pauseMs = Math.min(this.pauseMs * PAUSE_GROWTH, LONGEST_PAUSE_MS);
    this.nextAt = now + this.pauseMs;
    void this.send({ step: this.step, text }).catch(() => undefined);
  }

  private async send(message: StepProgressMessage): Promise<void> {
    const { client, info } = this.context;
    if (info.workflowExecution === undefined) return;
    const { workflowId, runId } = info.workflowExecution;
    await client.workflow.getHandle(workflowId, runId).signal(STEP_PROGRESS_SIGNAL, message);
  }
}
