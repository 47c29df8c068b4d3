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
  const age = tellAge(ageSeconds(createdAt, now));
  return [`what users wrote after ${createdAt}, ${age} before this recovery ended`];
}

/** The measured recovery, and the age of the data that it brought back, against their targets. */
export function recoveryChecks(
  { targetSeconds, dataAgeSeconds, archiveCreatedAt }: RecoverySurvey,
  steps: readonly Timed[],
  now: number,
): CheckResult[] {
  const seconds = recoverySeconds(steps);
  const age = ageSeconds(archiveCreatedAt, now);
  const dataCheck: CheckResult[] =
    dataAgeSeconds === undefined
      ? []
      : [
          {
            name: 'the data is not older than the target',
            status: age <= dataAgeSeconds ? 'pass' : 'fail',
            expected: `at most ${tellAge(dataAgeSeconds)} (recovery.dataAge)`,
            got: tellAge(age),
            answer: 'look for a newer backup before users are let in; make backups more often than this',
          },
        ];
  return [
    ...dataCheck,
    {
      name: 'recovered within the target',
      status: seconds <= targetSeconds ? 'pass' : 'fail',
      expected: `at most ${formatSeconds(targetSeconds)} (recovery.target)`,
      got: formatSeconds(seconds),
      answer: 'see the time of each step; images and packages that are there beforehand save most',
    },
  ];
}

function ageSeconds(createdAt: string, now: number): number {
  return Math.max(0, (now - Date.parse(createdAt)) / 1000);
}

function tellAge(seconds: number): string {
  if (seconds < 5400) return formatSeconds(seconds);
  return seconds < 172_800 ? `${Math.round(seconds / 3600)} hours` : `${Math.round(seconds / 86_400)} days`;
}

function recoverySeconds(steps: readonly Timed[]): number {
  return steps
    .filter(({ kind, status }) => kind !== 'gate' && status === 'done')
    .reduce((sum, step) => sum + secondsOf(step), 0);
}

function secondsOf({ startedAt, endedAt }: Timed): number {
  return startedAt === undefined || endedAt === undefined ? 0 : (endedAt - startedAt) / 1000;
}
