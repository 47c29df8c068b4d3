import type { WorkflowHandle } from '@temporalio/client';
import { defaultPayloadConverter } from '@temporalio/common';
import { isRecord } from '../../config/is-record.ts';
import type { Progress, RunReport } from '../../workflows/contracts/report.ts';
import { progressQuery } from '../../workflows/messages.ts';
import { isReport } from './is-report.ts';

/**
 * A canceled run carries neither result nor details. Its report is what the engine sent to the host to be written
 * down, which the history has; where no host was reached, the progress query (it needs a control worker) tells less.
 */
export async function reportOfCanceled(handle: WorkflowHandle): Promise<RunReport | null> {
  return (await reportInHistory(handle)) ?? (await reportFromProgress(handle));
}

async function reportInHistory(handle: WorkflowHandle): Promise<RunReport | null> {
  const { events } = await handle.fetchHistory();
  const scheduled = (events ?? []).toReversed().map((event) => event.activityTaskScheduledEventAttributes);
  const written = scheduled.find((attributes) => attributes?.activityType?.name === 'finishRun');
  const payload = written?.input?.payloads?.[0];
  if (payload === undefined) return null;
  const request: unknown = defaultPayloadConverter.fromPayload(payload);
  const input = isRecord(request) ? request['input'] : undefined;
  const report = isRecord(input) ? input['report'] : undefined;
  return isReport(report) ? report : null;
}

const QUERY_MS = 5_000;

async function reportFromProgress(handle: WorkflowHandle): Promise<RunReport | null> {
  const progress = await handle.client.connection
    .withDeadline(Date.now() + QUERY_MS, () => handle.query(progressQuery))
    .catch(() => null);
  if (progress === null || progress.outcome === null) return null;
  const { workflowId, runId, closeTime } = await handle.describe();
  return fromProgress(progress, progress.outcome, {
    workflowId,
    runId,
    endedAt: closeTime?.getTime() ?? progress.startedAt,
  });
}

function fromProgress(
  progress: Progress,
  outcome: RunReport['outcome'],
  run: { workflowId: string; runId: string; endedAt: number },
): RunReport {
  const stamp = new Date(progress.startedAt)
    .toISOString()
    .slice(0, 19)
    .replace('T', '_')
    .replaceAll(/[-:]/g, '');
  return {
    ...run,
    procedure: progress.procedure,
    title: progress.title,
    host: progress.host ?? 'none',
    stamp,
    dryRun: progress.dryRun,
    outcome,
    because: progress.because ?? 'it was cancelled',
    startedAt: progress.startedAt,
    steps: progress.steps,
    checks: [],
    decisions: [],
    sections: [
      {
        title: 'Not in this report',
        lines: ['checks and decisions: the run was cancelled before a host was reached'],
      },
    ],
    commandsLeft: [],
    downtimeSeconds: null,
    path: null,
  };
}
