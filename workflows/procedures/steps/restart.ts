import type { CheckResult } from '../../contracts/calls.ts';
import type { RestartSurvey } from '../../contracts/diagnosis.ts';
import type { ReportSection } from '../../contracts/report.ts';
import { change, read, undoWith } from '../../engine/calls.ts';
import { formatSeconds } from '../../engine/checklist.ts';
import type { StepsById } from '../../engine/procedure.ts';
import type { Run } from '../../engine/run.ts';

/** A restart as a solution: measured whether it would shut out users who are being served, approved then, made. */
export const restartSteps = {
  'users-served': { kind: 'check', title: 'Measure whether users are being served', expectedSeconds: 3 },
  'approve-restart': { kind: 'gate', title: 'A person approves the restart, when users are being served' },
  'restart-service': {
    kind: 'change',
    title: 'Restart the service',
    changes: 'the processes of one container; its image and its configuration stay',
    undo: 'sees to it that it runs; where the app was healthy, proves that it is again',
    expectedSeconds: 10,
  },
} as const satisfies StepsById;

/** What a restart goes by in the host's file. */
export const restartSettings = [
  'thresholds.downPercent',
  'maintenance.approvalTimeout',
  'maintenance.stopTimeout',
  'maintenance.healthTimeout',
] as const;

/** Which service is restarted, and what is told of why. */
export interface WantedRestart {
  readonly service: 'app' | 'proxy' | { readonly named: string };
  readonly why: string;
  readonly plan: readonly ReportSection[];
  readonly approvalTimeoutSeconds: number | undefined;
}

/** Restarts a service. Users who are being served are shut out only after an approval (docs/decisions, "When a restart needs a person"). */
export async function restart(
  run: Run<typeof restartSteps>,
  { service: wanted, why, plan, approvalTimeoutSeconds }: WantedRestart,
): Promise<RestartSurvey> {
  const survey = await run.check('users-served', read.surveyRestart({ service: wanted }));
  const { service, startedAt, wasHealthy, users } = survey;
  run.section('Users', [users.told]);
  const isDown = users.down ? `FDTS is down: ${users.told}` : null;
  const free = survey.usersNeedIt ? isDown : `users need no ${service}`;
  if (free !== null) run.skip('approve-restart', `not needed: ${free}`);
  else
    await run.gate('approve-restart', {
      question: `Approve to restart ${service}: ${why}. Users are being served, and are shut out for seconds.`,
      plan: [
        ...plan,
        {
          title: 'Restarts',
          lines: [`${service}, its container as it is: the same image and configuration`],
        },
        {
          title: 'Users',
          lines: [
            users.told,
            `with ${users.downPercent} % failing (thresholds.downPercent) no approval would be asked for`,
          ],
        },
      ],
      timeoutSeconds: approvalTimeoutSeconds ?? survey.approvalTimeoutSeconds,
    });
  if (survey.usersNeedIt) run.shutUsersOut();
  const { seconds } = await run.change('restart-service', change.restartService({ service, startedAt }), {
    undo: undoWith(`Let ${service} run again`, change.startAgain({ service, wasHealthy })),
  });
  run.letUsersIn('of the restart');
  run.section('Restarted', [
    run.dryRun
      ? `${service}: only in a real run`
      : `${service}: healthy again after ${formatSeconds(seconds)}`,
  ]);
  return survey;
}

/** What a diagnosis found wrong, in lines for a gate and a report: what is mended later is no failed check of the run. */
export function wrongLines(checks: readonly CheckResult[]): string[] {
  return checks
    .filter(({ status }) => status === 'fail' || status === 'not proven')
    .map(
      ({ name, got, expected, status }) =>
        `${name}: ${got} (expected ${expected})${status === 'fail' ? '' : ', not proven'}`,
    );
}
