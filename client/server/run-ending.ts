import { WorkflowFailedError, type WorkflowHandle } from '@temporalio/client';
import { ApplicationFailure } from '@temporalio/common';
import type { Outcome } from '../../workflows/contracts/outcome.ts';
import type { RunReport } from '../../workflows/contracts/report.ts';
import { exitCode, exitCodeOf } from '../exit-codes.ts';
import { isReport } from './is-report.ts';
import { reportOfCanceled } from './report-of-canceled.ts';

/** How a closed run ended. */
export interface RunEnding {
  /** Null when the run ended without one: terminated, timed out, or failed outside the engine. */
  readonly outcome: Outcome | null;
  readonly because: string;
  /** Null when none could be had. */
  readonly report: RunReport | null;
  readonly exitCode: number;
}

/** Reads the ending of a run that has closed with this status. */
export async function readEnding(handle: WorkflowHandle, status: string): Promise<RunEnding> {
  switch (status) {
    case 'COMPLETED':
      return endingOf(await handle.result());
    case 'FAILED':
      return endingOfFailure(handle);
    case 'CANCELLED': {
      const report = await reportOfCanceled(handle);
      const because = report?.because ?? 'it was cancelled; its report is on the host';
      return { outcome: report?.outcome ?? null, because, report, exitCode: exitCode('canceled') };
    }
    default:
      return withoutOutcome(
        `it was ended from outside (${status.toLowerCase()}): nothing was taken back. On the host, fdts-ops recover finishes or undoes what its journal says is open`,
      );
  }
}

async function endingOfFailure(handle: WorkflowHandle): Promise<RunEnding> {
  try {
    return endingOf(await handle.result());
  } catch (error) {
    const cause = error instanceof WorkflowFailedError ? error.cause : undefined;
    if (!(cause instanceof ApplicationFailure)) {
      if (cause === undefined) throw error;
      return withoutOutcome(cause.message);
    }
    const report = cause.details?.[0];
    return isReport(report) ? endingOf(report) : withoutOutcome(cause.message);
  }
}

function endingOf(report: unknown): RunEnding {
  if (!isReport(report)) return withoutOutcome('it ended without a report: it is no run of fdts-ops');
  const { outcome, because } = report;
  return { outcome, because, report, exitCode: exitCodeOf(outcome) };
}

function withoutOutcome(because: string): RunEnding {
  return { outcome: null, because, report: null, exitCode: exitCode('unexpected') };
}
