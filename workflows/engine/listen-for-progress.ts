import { setDefaultSignalHandler } from '@temporalio/workflow';
import { STEP_PROGRESS_SIGNAL } from '../contracts/step-progress.ts';
import type { StepsById } from './procedure.ts';
import type { RunRecord } from './run-record.ts';

/**
 * Shows what the host says of the step under way. The default handler takes it, since one of its own would stand in the
 * UI among the signals that a person may send; a name that nobody knows is told in the report.
 */
export function listenForProgress(run: RunRecord<StepsById>): void {
  setDefaultSignalHandler((name, message) => {
    if (name === STEP_PROGRESS_SIGNAL) {
      if (isProgress(message)) run.progressOf(message.step, message.text);
    } else run.decisions.unknown(name);
  });
}

function isProgress(message: unknown): message is { step: string; text: string } {
  return (
    typeof message === 'object' &&
    message !== null &&
    'step' in message &&
    'text' in message &&
    typeof message.step === 'string' &&
    typeof message.text === 'string'
  );
}
