import type { RunReport } from '../contracts/report.ts';
import type { RetirementSurvey } from '../contracts/retirement.ts';
import { read } from '../engine/calls.ts';
import { RunEnds } from '../engine/failure.ts';
import type { CommonInput } from '../engine/input.ts';
import { goesLaterWay } from '../engine/later-change.ts';
import { defineProcedure } from '../engine/procedure.ts';
import type { Run } from '../engine/run.ts';
import { runProcedure } from '../engine/run-procedure.ts';
import { takeHoldFirst } from '../engine/take-hold-first.ts';
import { bootedSince } from './retire-host-away.ts';
import { stopContained } from './steps/stop-contained.ts';

export interface RetireHostInput extends CommonInput {
  readonly machineId?: string;
  readonly replacedBy?: string;
  readonly approvalTimeoutSeconds?: number;
}

export const retireHostProcedure = defineProcedure({
  type: 'retireHost',
  title: 'Fence off a machine that was replaced',
  section: 'Backup and Recovery / Disaster Recovery',
  summary:
    'Waits, for months if need be, for the old machine of a disaster recovery. When it comes back it would serve its old data and take work under its old name: it is stopped at once and kept stopped, and its data stays untouched.',
  beyond:
    'The paper says nothing of the old machine. Should it come back, it is told apart by its machine-id and stopped before it serves old data, or takes work under the name that the new one has.',
  mutating: true,
  emergency: true,
  safeState:
    'until the stop is approved: as before, it goes on serving; once stopped: stopped, and takes no work under its old name; its data untouched',
  freezeExempt: 'two machines that both call themselves FDTS must not wait for the end of a freeze',
  input: {
    machineId: {
      type: 'text',
      required: true,
      describe: 'the 32 letters and digits of /etc/machine-id of the old machine; its bundle has them',
      example: '0123456789abcdef0123456789abcdef',
    },
    replacedBy: {
      type: 'text',
      describe: 'name of the host that is FDTS now, for the messages',
      example: 'web-2',
    },
    approvalTimeoutSeconds: {
      type: 'seconds',
      describe: 'how long the gate waits for a person; default: maintenance.approvalTimeout of the old host',
      example: 3600,
    },
  },
  settings: ['maintenance.approvalTimeout', 'maintenance.stopTimeout'],
  steps: {
    'wait-for-machine': { kind: 'check', title: 'Wait until the old machine is back' },
    'approve-stop': {
      kind: 'gate',
      title: 'A person approves that a machine which may never have been away is stopped',
    },
    'block-start': {
      kind: 'change',
      title: 'Keep its FDTS from starting itself',
      changes: 'restart policies to "no", and the hold file that stops fdts.service, on the old machine',
      undo: 'puts the policies back and removes the file; not once FDTS is stopped',
    },
    'stop-services': {
      kind: 'change',
      title: 'Stop its FDTS: from here only a person on that machine starts it',
      changes: 'stops the services of the old machine; its worker takes work for this run alone',
      undo: 'is never taken back: whatever ends the run keeps it stopped',
    },
  },
});

const { safeState } = retireHostProcedure;

type RetirementRun = Run<typeof retireHostProcedure.steps>;

/** The fence around the old machine: it ends as `contained`, since only a person there may make it FDTS again. */
export async function retireHost(input?: RetireHostInput): Promise<RunReport> {
  const atMachine = ({ machineId = '' }: Partial<RetireHostInput>) => requireMachineId(machineId);
  return runProcedure(
    retireHostProcedure,
    input,
    async (run, options) => {
      const asked = Date.now();
      const survey = await waitForMachine(run);
      await approveStop(run, options, survey, { asked, heard: Date.now() });
      await takeHoldFirst(run);
      await stopContained(run, survey, { safeState, left: LEFT, shutsUsersOut: false });
      if (run.dryRun) return;
      throw new RunEnds(
        'contained',
        `${run.hostName ?? 'this machine'} was replaced${by(options)}: its FDTS is stopped, its data lies untouched`,
      );
    },
    { atMachine },
  );
}

function requireMachineId(machineId: string): string {
  if (/^[0-9a-f]{32}$/.test(machineId)) return machineId;
  throw new RunEnds(
    'refused',
    `machineId: got ${JSON.stringify(machineId)}, expected the 32 letters and digits (0-9, a-f) of /etc/machine-id of the old machine; the report of its recovery names them`,
  );
}

/** Nothing is known of when it comes back, and nobody has to do anything until then: it waits without a word. */
async function waitForMachine(run: RetirementRun): Promise<RetirementSurvey> {
  run.awaitsHost = !run.dryRun;
  const survey = await run.check('wait-for-machine', read.surveyRetirement({}));
  run.awaitsHost = false;
  return survey;
}

/** One that was off comes back to users who have the new machine: the recovery's approval was the approval for this. */
async function approveStop(
  run: RetirementRun,
  options: Partial<RetireHostInput>,
  { isServing, approvalTimeoutSeconds, clocks }: RetirementSurvey,
  times: Times,
): Promise<void> {
  if (!isServing) return run.skip('approve-stop', 'not needed: nobody is served by it');
  if (wasAway(times, clocks))
    return run.skip('approve-stop', 'not needed: it booted after it was asked for, and was replaced');
  await run.gate('approve-stop', {
    question: `The machine of ${run.host?.name ?? 'the old host'} was replaced${by(options)}, but did not boot since: it may never have been away, and it serves. Approve to stop FDTS on it for good.`,
    plan: [
      {
        title: 'If you approve',
        lines: [
          'whoever still reaches this machine (DNS, load balancer) finds nothing from then on',
          'what users wrote here since the backup is on this machine alone; it stays where it is',
        ],
      },
    ],
    timeoutSeconds: options.approvalTimeoutSeconds ?? approvalTimeoutSeconds,
  });
}

/** When the machine was asked for, and when the run heard of its answer, in milliseconds since the epoch. */
interface Times {
  readonly asked: number;
  readonly heard: number;
}

/** A machine that tells no clocks has a worker of an earlier version: a person knows more than a guess. */
function wasAway(times: Times, clocks: RetirementSurvey['clocks']): boolean {
  if (clocks !== undefined) return bootedSince(times, clocks);
  // A run of an earlier version has gone on by its guess already.
  return !goesLaterWay('fence-wants-a-boot') && times.heard - times.asked > GUESSED_AWAY_MS;
}

const GUESSED_AWAY_MS = 60_000;

const LEFT = [
  '# what users wrote here after the backup is on this machine alone: copy database and uploads before it is wiped',
  'sudo systemctl disable --now fdts-ops-host fdts.service    # on this machine, once that is done',
  'sudo fdts-ops clear --reason TEXT && sudo systemctl restart fdts-ops-host    # only if this machine is to be FDTS again',
];

function by({ replacedBy }: Partial<RetireHostInput>): string {
  return replacedBy === undefined ? '' : ` by ${replacedBy}`;
}
