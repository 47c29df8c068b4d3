import { isCancellation, sleep } from '@temporalio/workflow';
import type { StepRecord } from '../contracts/step.ts';
import type { NextWindow } from '../contracts/window-plan.ts';
import { makeChange } from './activity-policies.ts';
import { untilAskedAgain } from './ask-again.ts';
import { change } from './calls.ts';
import { describeFailure, RunEnds, StepFailed } from './failure.ts';
import { frozen, takeHold } from './find-host.ts';
import { timeForOneCall, timeToDecide } from './keep-to-window.ts';
import type { StepsById } from './procedure.ts';
import type { Run } from './run.ts';
import type { RunHost } from './run-record.ts';
import { ticketFor } from './ticket.ts';

/**
 * Reserves the host for a window that opens later, and takes its hold for the preparation. Others that have the host are
 * waited for; another window is not.
 * @throws StepFailed `HOST_RESERVED`, `HOST_BUSY` (of a window that is open, or a quarantine): names it.
 */
export async function reserveHost(run: Run<StepsById>, id: string, window: NextWindow): Promise<void> {
  if (run.dryRun) {
    run.skip(id, `dry run: a real run reserves the host for ${window.says}`);
    return;
  }
  const { opensAt, closesAt } = window;
  const time = { opensAt: new Date(opensAt).toISOString(), closesAt: new Date(closesAt).toISOString() };
  await shown(run, id, async (host, record) => {
    const procedure = run.procedure.type;
    // A worker that died after its commit has reserved it all the same: the end of the run takes it back.
    run.host = { ...host, mayHold: true };
    await makeChange(
      change.reserve({ procedure, ...time, freeze: run.freezeClaim }),
      ticketFor(run, host, id, 0),
      {
        taskQueue: host.taskQueue,
        summary: `reserve the host for ${window.says}`,
        patient: null,
      },
    );
    await holdWhenFree(run, record);
  });
}

/** Sleeps until the window opens; the checklist says until when. */
export async function sleepUntilOpen(run: Run<StepsById>, id: string, window: NextWindow): Promise<void> {
  if (run.dryRun) {
    run.skip(id, `dry run: a real run sleeps until ${window.says}`);
    return;
  }
  await shown(run, id, async (_host, record) => {
    run.mark(record, 'waiting', `until the window opens: ${window.says}`);
    const milliseconds = window.opensAt - Date.now();
    if (milliseconds > 0) await sleep(milliseconds, { summary: `until the window opens: ${window.says}` });
    delete record.note;
  });
}

/** Takes the hold as soon as nobody else has the host; waits only as long as the work still fits into the window. */
export async function holdHost(run: Run<StepsById>, id: string): Promise<void> {
  if (run.dryRun) run.skip(id, 'dry run: a real run takes the host here');
  else await shown(run, id, (_host, record) => holdWhenFree(run, record));
}

/** Gives the hold back until the window opens, so that others may work on the host; the reservation stays. */
export async function stepDown(run: Run<StepsById>): Promise<void> {
  const { host } = run;
  if (run.dryRun || host === null) return;
  await makeChange(change.stepDown({}), ticketFor(run, host, 'step-down', 0), {
    taskQueue: host.taskQueue,
    summary: 'give the hold back until the window opens; the reservation stays',
    patient: run.absentWorker,
    ...timeForOneCall(run),
  });
  run.waitsWithoutHold = true;
}

async function holdWhenFree(run: Run<StepsById>, record: StepRecord): Promise<void> {
  const since = Date.now();
  const until = since + timeToDecide(run, record.id, Number.POSITIVE_INFINITY) * 1000;
  for (;;) {
    run.requireNotStopped();
    const { host } = run;
    if (host === null) throw new RunEnds('refused', 'no host is known yet');
    try {
      run.host = { ...host, fence: (await takeHold(run, host)).fence };
      run.waitsWithoutHold = false;
      delete record.note;
      return;
    } catch (error) {
      const failure = describeFailure(error, host.taskQueue);
      if (failure.type !== 'HOST_BUSY' || Date.now() >= until) throw error;
      run.mark(record, 'waiting', `waits for the host: ${failure.message}`);
    }
    const now = Date.now();
    await sleep(untilAskedAgain(now - since, until - now), { summary: 'waits for whoever has the host' });
  }
}

async function shown(
  run: Run<StepsById>,
  id: string,
  work: (host: RunHost, record: StepRecord) => Promise<void>,
): Promise<void> {
  const { host } = run;
  if (host === null) throw new RunEnds('refused', 'no host is known yet');
  run.requireMayBegin(id);
  const record = run.begin(id);
  try {
    await work(host, record);
    run.end(record, 'done');
  } catch (error) {
    const failure = describeFailure(error, host.taskQueue);
    run.end(record, 'failed', isCancellation(error) ? 'stopped' : failure.message);
    if (isCancellation(error) || error instanceof RunEnds) throw error;
    if (failure.type === 'FREEZE') throw frozen(run, run.host ?? host, failure.message);
    throw new StepFailed(id, failure);
  }
}
