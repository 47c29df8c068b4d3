import { workflowInfo } from '@temporalio/workflow';
import type { Incident } from '../contracts/containment.ts';
import { machineTaskQueue } from '../contracts/task-queues.ts';
import { makeChange } from './activity-policies.ts';
import { change, control, read } from './calls.ts';
import { describeFailure, RunEnds } from './failure.ts';
import { timeForOneCall } from './keep-to-window.ts';
import type { StepsById } from './procedure.ts';
import type { Run } from './run.ts';
import type { RunHost } from './run-record.ts';
import { startedBySchedule } from './scheduled.ts';
import { ticketFor } from './ticket.ts';

/**
 * Finds the host, proves which machine answers, and takes its hold when the procedure changes it; `holdsLater`: the
 * procedure takes it itself.
 * @throws RunEnds `refused`: an unknown host, an absent worker, a host that another run has.
 */
export async function findHost(
  run: Run<StepsById>,
  host: string | null,
  holdsLater: boolean,
): Promise<RunHost> {
  const controlQueue = workflowInfo().taskQueue;
  const known = await run
    .read({ taskQueue: controlQueue }, control.resolveHost({ host }))
    .catch(refuse(controlQueue));
  run.hostName = known.name;
  run.timezone = known.timezone;
  run.absentWorker.noticeSeconds = known.workerAwaySeconds;
  run.show();
  const { machineId, freeze } = await run
    .read(known, read.identifyHost({ name: known.name }))
    .catch(refuse(known.taskQueue));
  if (known.onlyMachine != null && known.onlyMachine !== machineId) throw anotherMachine(known, machineId);
  const found: RunHost = {
    name: known.name,
    taskQueue: known.taskQueue,
    machineId,
    fence: 0,
    ...(freeze && { freeze }),
  };
  const { mutating, emergency } = run.procedure;
  if (!mutating || run.dryRun || emergency === true || holdsLater) return found;
  return holdHost(run, found);
}

/** A machine that is asked for by its id; whether it is there shows when it answers. */
export function machineOf(run: Run<StepsById>, host: string | null, machineId: string): RunHost {
  run.hostName = host ?? machineId;
  run.show();
  return { name: run.hostName, taskQueue: machineTaskQueue(machineId), machineId, fence: 0 };
}

/** Takes the hold before anything is changed; a dry run needs none. @throws RunEnds when it does not get it. */
export async function holdHost(run: Run<StepsById>, found: RunHost): Promise<RunHost> {
  if (run.dryRun) return found;
  const hold = await takeHold(run, found).catch((error: unknown) => {
    // A worker that died after its commit has given the hold all the same: the end of the run releases it.
    const { type, message } = describeFailure(error, found.taskQueue);
    if (type === 'FREEZE') throw frozen(run, found, message);
    if (type !== 'HOST_BUSY' && type !== 'INCIDENT_OPEN') run.host = { ...found, mayHold: true };
    return refuse(found.taskQueue)(error);
  });
  const { fence, incident } = hold;
  if (incident !== null && incident !== undefined) followUp(run, incident);
  return { ...found, fence };
}

/** The run goes on with an incident that an earlier one has left open: it begins in that safe state. */
export function followUp(run: Run<StepsById>, incident: Incident): void {
  run.incident = incident;
  run.wayBack.takeOver(incident);
  run.decisions.safeState = incident.safeState;
  run.section('Incident taken over', [
    `open since ${incident.since}; until an approval the host stays ${incident.safeState}`,
  ]);
}

/** Takes the hold of the host; a run that waited for its window keeps the fence that it has. */
export async function takeHold(
  run: Run<StepsById>,
  host: RunHost,
): Promise<{ readonly fence: number; readonly incident?: Incident | null }> {
  const hold = await makeChange(
    change.takeHold({ procedure: run.procedure.type, freeze: run.freezeClaim }),
    ticketFor(run, host, 'take-hold', 0),
    {
      taskQueue: host.taskQueue,
      summary: 'take the hold of the host',
      patient: run.patience,
      ...timeForOneCall(run),
    },
  );
  return hold.result;
}

/** A schedule that meets a freeze did what it should: it is no failure, which would pause it beyond the freeze. */
export function frozen(run: Run<StepsById>, host: RunHost, told: string): RunEnds {
  run.host = host;
  return startedBySchedule() === null
    ? new RunEnds('refused', told)
    : new RunEnds('completed', `nothing was done, as the freeze wants: ${told}`);
}

function anotherMachine(
  { name, onlyMachine }: { readonly name: string; readonly onlyMachine?: string | null },
  machineId: string,
): RunEnds {
  return new RunEnds(
    'refused',
    `host ${name}: machine ${machineId} answered, expected ${onlyMachine} (hosts[].machineId of the control worker). Stop the worker of the wrong machine, or correct that key and restart the control worker`,
  );
}

function refuse(taskQueue: string): (error: unknown) => never {
  return (error) => {
    throw new RunEnds('refused', describeFailure(error, taskQueue).message);
  };
}
