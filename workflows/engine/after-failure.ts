import { isCancellation } from '@temporalio/workflow';
import type { StepRecord } from '../contracts/step.ts';
import { askPerson } from './ask-person.ts';
import type { Answer } from './decisions.ts';
import { describeFailure, StepFailed, type StepFailure } from './failure.ts';
import { timeToDecide } from './keep-to-window.ts';
import type { StepsById } from './procedure.ts';
import type { Run } from './run.ts';
import type { RunHost } from './run-record.ts';
import type { ChangeOptions } from './ticket.ts';

/** How long a failed step waits for a person while users are shut out, at most. */
const DECISION_WHILE_DOWN_SECONDS = 600;

interface FailedAttempt {
  readonly error: unknown;
  readonly host: RunHost;
  readonly unasked: ChangeOptions['unasked'] | undefined;
}

/** Says what to do about a step that ended badly: `retry` or `skip`; else it throws why the run ends. */
export async function afterFailure(
  run: Run<StepsById>,
  record: StepRecord,
  { error, host, unasked }: FailedAttempt,
): Promise<'retry' | 'skip'> {
  if (isCancellation(error)) {
    run.end(record, 'failed', 'stopped');
    throw error;
  }
  const failure = describeFailure(error, host.taskQueue);
  run.end(record, 'failed', failure.message);
  if (failure.type === 'FENCED_OFF') throw new StepFailed(record.id, failure);
  run.requireNotStopped();
  // Scheduled runs of an earlier version left the step out after such a failure too: they go on as they began.
  const becomes =
    run.asksNobody && endsTheRun(failure)
      ? undefined
      : (unasked ?? (run.asksNobody ? ofItself(run, record) : undefined));
  const answer = becomes === undefined ? await askAboutFailure(run, record, failure) : null;
  if (answer === 'retry') return 'retry';
  if (answer === 'skip') {
    run.end(record, 'skipped', `skipped by a person after: ${failure.message}`);
    return 'skip';
  }
  if (becomes !== 'left out' && !canBeLeftOut(run, record)) throw new StepFailed(record.id, failure);
  leaveOut(run, record, failure);
  return 'skip';
}

function byHand(run: Run<StepsById>, { id, title }: StepRecord): string {
  const { byHand, changes } = run.procedure.steps[id] ?? {};
  return byHand ?? `do by hand what it does: ${changes ?? title}`;
}

/** What nothing else needs is no reason to take the rest back. */
function ofItself(run: Run<StepsById>, record: StepRecord): ChangeOptions['unasked'] {
  return run.procedure.steps[record.id]?.onFailure === 'ask-or-skip' ? 'left out' : 'taken back';
}

async function askAboutFailure(
  run: Run<StepsById>,
  record: StepRecord,
  failure: StepFailure,
): Promise<Answer | null> {
  const policy = run.procedure.steps[record.id]?.onFailure;
  if (policy === undefined || run.dryRun || endsTheRun(failure)) return null;
  return askPerson(
    run,
    {
      step: record.id,
      question: `"${record.title}" failed: ${failure.message}. Without an answer ${silenceMeans(run, record)}.`,
      plan: [],
      answers: [
        'retry',
        ...(policy === 'ask-or-skip' ? (['skip'] as const) : []),
        ...(run.decisions.isPastReturn ? [] : (['abort'] as const)),
      ],
    },
    timeToDecide(
      run,
      record.id,
      run.usersOutSince !== null ? DECISION_WHILE_DOWN_SECONDS : run.failureWaitSeconds,
    ),
  );
}

function silenceMeans(run: Run<StepsById>, record: StepRecord): string {
  if (canBeLeftOut(run, record)) return 'it is left out';
  return run.wayBack.isForGood ? 'nothing is taken back, and the run needs an operator' : 'it is taken back';
}

/** Of such a failure a person could only say that the way back begins later; nor is it of this step alone. */
function endsTheRun({ type }: StepFailure): boolean {
  return ['WORKER_ABSENT', 'OUT_OF_TIME'].includes(type);
}

/** Once users are in, a step that may be skipped is no reason to take away what works. */
function canBeLeftOut(run: Run<StepsById>, record: StepRecord): boolean {
  return run.decisions.isPastReturn && run.procedure.steps[record.id]?.onFailure === 'ask-or-skip';
}

function leaveOut(run: Run<StepsById>, record: StepRecord, failure: StepFailure): void {
  const because = !run.decisions.isPastReturn
    ? ', and nobody was asked'
    : run.usersOutSince === null
      ? ', since users are in again'
      : '';
  run.end(record, 'skipped', `left out${because}: ${failure.message}`);
  run.checks.push({
    name: record.title,
    status: 'fail',
    expected: 'done',
    got: failure.message,
    answer: byHand(run, record),
  });
}
