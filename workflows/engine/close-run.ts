import {
  ApplicationFailure,
  allHandlersFinished,
  CancelledFailure,
  condition,
  upsertSearchAttributes,
  workflowInfo,
} from '@temporalio/workflow';
import { CLOSES_AS_COMPLETED, type Outcome } from '../contracts/outcome.ts';
import type { ReportSection, RunReport } from '../contracts/report.ts';
import { fdtsHost, fdtsOutcome } from '../contracts/search-attributes.ts';
import { makeChange } from './activity-policies.ts';
import { change } from './calls.ts';
import { agree, asEndedOnHost, endOnHost } from './ended-on-host.ts';
import type { Ending } from './ending.ts';
import { describeFailure } from './failure.ts';
import type { StepsById } from './procedure.ts';
import type { Run } from './run.ts';
import { closesAsCompleted } from './scheduled.ts';
import { startNext } from './start-next.ts';
import { tellEnd } from './tell-end.ts';
import { tellUsersOfEnd } from './tell-users.ts';
import { ticketFor } from './ticket.ts';

/** How long a run that changed nothing waits for its host to release the hold; one that changed something never gives up. */
const RELEASE_PATIENCE = '5m';

/** Writes the report, releases the hold, and closes the run: Completed, Canceled or Failed with the outcome as type. */
export async function closeRun(run: Run<StepsById>, ending: Ending): Promise<RunReport> {
  run.decisions.endsBecause('the run has ended');
  run.outcome = ending.outcome;
  run.because = ending.because;
  noteWhatIsLeft(run, ending);
  run.section('Messages that changed nothing', run.decisions.ignored);
  await tellUsersOfEnd(run, ending);
  await tellEnd(run, ending);
  const report = await writeReport(run, makeReport(run, ending), ending.ownsHost);
  await startNext(run);
  run.outcome = report.outcome;
  run.because = report.because;
  upsertSearchAttributes([
    { key: fdtsOutcome, value: report.outcome },
    // A run that was refused by its host is found by the host's name, too.
    ...(run.hostName === null ? [] : [{ key: fdtsHost, value: run.hostName }]),
  ]);
  run.show();
  await condition(allHandlersFinished);
  if (ending.cancelled) throw new CancelledFailure(`${report.outcome}: ${report.because}`, [report]);
  if (closesAsCompleted(report.outcome)) return report;
  throw ApplicationFailure.create({
    message: report.because,
    type: report.outcome,
    nonRetryable: true,
    details: [report],
  });
}

/** Of a run that came to its good end itself, what is left was on a way that it did not take. */
function noteWhatIsLeft(run: Run<StepsById>, { outcome, ownsHost }: Ending): void {
  const isThrough = CLOSES_AS_COMPLETED.includes(outcome) && ownsHost;
  for (const step of run.steps) {
    if (step.status !== 'pending') continue;
    if (isThrough) step.status = 'skipped';
    step.note = isThrough ? 'not needed: the run went another way' : 'not reached';
  }
}

function makeReport(run: Run<StepsById>, ending: Ending): RunReport {
  const { workflowId, runId } = workflowInfo();
  return {
    procedure: run.procedure.type,
    title: run.procedure.title,
    host: run.hostName ?? 'none',
    workflowId,
    runId,
    stamp: run.stamp,
    dryRun: run.dryRun,
    outcome: ending.outcome,
    because: ending.because,
    startedAt: run.startedAt,
    endedAt: Date.now(),
    steps: run.steps,
    downtimeSeconds: run.downtimeSeconds,
    checks: run.checks,
    decisions: run.decisions.made,
    sections: run.sections,
    commandsLeft: ending.commandsLeft,
    path: null,
  };
}

/** Writes the report on the host and ends the run in its journal; the run's own record has the report in any case. */
async function writeReport(run: Run<StepsById>, report: RunReport, ownsHost: boolean): Promise<RunReport> {
  const host = run.host;
  if (host === null) return report;
  const holdsHost = (host.fence > 0 || host.mayHold === true) && ownsHost;
  try {
    const written = await makeChange(
      change.finishRun({ report, holdsHost }),
      ticketFor(run, host, 'finish', 0),
      {
        taskQueue: host.taskQueue,
        summary: `write the report, ${holdsHost ? 'release the hold, ' : ''}outcome ${report.outcome}`,
        patient: holdsHost ? run.absentWorker : null,
        ...(holdsHost && !run.hasChanged ? { giveUpAfter: RELEASE_PATIENCE } : {}),
      },
    );
    const { path, problem } = written.result;
    if (problem === null) return { ...report, path };
    return { ...report, path, sections: [...report.sections, notWritten(problem, false)] };
  } catch (error) {
    const failure = describeFailure(error, host.taskQueue);
    const { type, message } = failure;
    const onHost = endOnHost(failure);
    if (onHost !== null) return writeReport(run, asOnHost(run, report, onHost), false);
    // Fenced off: somebody else has decided how the run ends on the host.
    const stillHeld = holdsHost && type !== 'FENCED_OFF';
    return {
      ...report,
      ...(stillHeld ? loudly(report) : {}),
      sections: [...report.sections, notWritten(message, stillHeld)],
      commandsLeft: stillHeld && report.commandsLeft.length === 0 ? [RELEASE_BY_HAND] : report.commandsLeft,
    };
  }
}

/** Somebody else ended the run on the host while this one came to its own end: what the host says of it counts. */
function asOnHost({ wayBack }: Run<StepsById>, report: RunReport, onHost: Outcome): RunReport {
  if (agree(report.outcome, onHost)) return report;
  return { ...report, ...asEndedOnHost(onHost, report.because, wayBack.safeState) };
}

/** A host that nobody else can change any more is no good end, however well the work itself ended. */
function loudly({ outcome, because }: RunReport): Pick<RunReport, 'outcome' | 'because'> {
  if (!CLOSES_AS_COMPLETED.includes(outcome)) return { outcome, because };
  return {
    outcome: 'needs-operator',
    because: `${because}. But the host did not release this run's hold: nothing else can change it until "sudo fdts-ops recover"`,
  };
}

const RELEASE_BY_HAND = 'sudo fdts-ops recover    # on the host: releases its hold if this run still has it';

function notWritten(told: string, stillHeld: boolean): ReportSection {
  return {
    title: 'The report could not be written on the host',
    lines: [
      told,
      ...(stillHeld
        ? [
            'The host may still have this run\'s hold. Next: "sudo fdts-ops recover" on the host, which releases it.',
          ]
        : []),
    ],
  };
}
