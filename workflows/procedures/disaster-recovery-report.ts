import type { CheckResult } from '../contracts/calls.ts';
import type { RecoverySurvey } from '../contracts/new-site.ts';
import type { StepRecord } from '../contracts/step.ts';
import { formatSeconds } from '../engine/checklist.ts';

type Timed = Pick<StepRecord, 'id' | 'title' | 'status' | 'startedAt' | 'endedAt' | 'kind'>;

/** How long the recovery took, and each step of it; waiting for a person is shown apart. */
export function timeLines(steps: readonly Timed[]): string[] {
  const done = steps.filter(({ status }) => status === 'done');
  return [
    `${formatSeconds(recoverySeconds(steps))} in all, without waiting for a person`,
    ...done.map((step) => `${step.title}: ${formatSeconds(secondsOf(step))}`),
  ];
}

/** How much data is lost: what users wrote after the backup was made. */
export function ageLines(createdAt: string, now: number): string[] {
  const age = Math.max(0, (now - Date.parse(createdAt)) / 1000);
  const told =
    age < 5400
      ? formatSeconds(age)
      : age < 172_800
        ? `${Math.round(age / 3600)} hours`
        : `${Math.round(age / 86_400)} days`;
  return [`what users wrote after ${createdAt}, ${told} before this recovery ended`];
}

/** The measured recovery against its target. */
export function recoveryChecks({ targetSeconds }: RecoverySurvey, steps: readonly Timed[]): CheckResult[] {
  const seconds = recoverySeconds(steps);
  return [
    {
      name: 'recovered within the target',
      status: seconds <= targetSeconds ? 'pass' : 'fail',
      expected: `at most ${formatSeconds(targetSeconds)} (recovery.target)`,
      got: formatSeconds(seconds),
      answer: 'see the time of each step; images and packages that are there beforehand save most',
    },
  ];
}

function recoverySeconds(steps: readonly Timed[]): number {
  return steps
    .filter(({ kind, status }) => kind !== 'gate' && status === 'done')
    .reduce((sum, step) => sum + secondsOf(step), 0);
}

function secondsOf({ startedAt, endedAt }: Timed): number {
  return startedAt === undefined || endedAt === undefined ? 0 : (endedAt - startedAt) / 1000;
}
