import { workflowInfo } from '@temporalio/workflow';
import type { Holder } from '../contracts/containment.ts';
import { makeChange } from './activity-policies.ts';
import { askToAbort } from './ask-to-abort.ts';
import { change } from './calls.ts';
import { describeFailure, RunEnds } from './failure.ts';
import { followUp } from './find-host.ts';
import type { StepsById } from './procedure.ts';
import type { Run } from './run.ts';
import { ticketFor } from './ticket.ts';

/** How long a routine run that was told to stop may take for its way back before the host is taken from it. */
const WAY_BACK_SECONDS = 1800;

/**
 * Takes the hold for an emergency. A routine run that has it is asked to abort and takes itself back, which is the safest
 * way while it lives; when it is gone, or does not end, the host is taken from it and recovered from the journal. A
 * quarantined host and another emergency are left alone.
 * @throws RunEnds `contained` or `refused`: the host cannot be had, with what to do; what was changed so far stays.
 */
export async function takeHoldFirst(run: Run<StepsById>): Promise<void> {
  if (run.dryRun) return;
  const holder = await take(run, 0);
  if (holder === null) return;
  refuseOthers(run, holder);
  const isTold = await askToAbort(holder, {
    by: `${run.procedure.type} (run ${workflowInfo().workflowId})`,
    reason: 'an emergency needs the host',
  });
  const steps = [
    `${holder.procedure} (run ${holder.workflowId}) had the host, in step "${holder.step ?? 'none yet'}"`,
  ];
  steps.push(isTold ? 'it was asked to abort' : 'its run is gone: it could not be asked to abort');
  const left = isTold ? await take(run, WAY_BACK_SECONDS) : holder;
  if (left !== null) {
    refuseOthers(run, left);
    steps.push(await recoverFrom(run, left));
    const still = await take(run, 0);
    if (still !== null) refuseOthers(run, { ...still, state: 'needs-operator' });
  }
  run.section('The run that had the host', [...steps, 'then this run got the hold']);
}

/** Takes the hold within a time; who has it for longer comes back. */
async function take(run: Run<StepsById>, waitSeconds: number): Promise<Holder | null> {
  const host = hostOf(run);
  const { procedure } = run;
  const taken = await makeChange(
    change.takeHoldFirst({ procedure: procedure.type, waitSeconds }),
    ticketFor(run, host, 'take-hold', 0),
    { taskQueue: host.taskQueue, summary: 'take the hold of the host', patient: run.patience },
  ).catch((error: unknown) => {
    run.host = { ...host, mayHold: true };
    throw new RunEnds('refused', describeFailure(error, host.taskQueue).message);
  });
  const { fence, holder } = taken.result;
  if (fence === null) return holder;
  run.host = { ...host, fence };
  // Its own isolation has recorded an incident by now: only one of an earlier run is taken over.
  const { incident } = taken.result;
  if (incident !== null && run.wayBack.safeState === null) followUp(run, incident);
  return null;
}

function refuseOthers(run: Run<StepsById>, holder: Holder): void {
  const told = `${holder.procedure} (run ${holder.workflowId}) since ${holder.since}`;
  if (holder.state === 'needs-operator') {
    throw new RunEnds(
      'refused',
      `the host is quarantined after ${told}: "sudo fdts-ops recover" on the host, then start ${run.procedure.type} again`,
    );
  }
  if (holder.procedure === run.procedure.type)
    throw new RunEnds('refused', `${told} has the host already: answer that run`);
}

async function recoverFrom(run: Run<StepsById>, holder: Holder): Promise<string> {
  const host = hostOf(run);
  try {
    const recovered = await makeChange(
      change.recoverHolder({ holder }),
      ticketFor(run, host, 'recover-holder', 0),
      { taskQueue: host.taskQueue, summary: `recover ${holder.procedure}`, patient: run.absentWorker },
    );
    return `the host was taken from it: ${recovered.result.outcome}, ${recovered.result.because}`;
  } catch (error) {
    return `the host was taken from it, but: ${describeFailure(error, host.taskQueue).message}`;
  }
}

function hostOf(run: Run<StepsById>) {
  if (run.host === null) throw new RunEnds('refused', 'no host is known yet');
  return run.host;
}
