import type { RotationPlan } from '../../contracts/weekly-plan.ts';
import { change, read } from '../../engine/calls.ts';
import { orNotProven } from '../../engine/not-proven.ts';
import type { StepsById } from '../../engine/procedure.ts';
import type { Run } from '../../engine/run.ts';
import { WEEKLY_ANEW } from './weekly-anew.ts';

/** The look before. */
export const planRotationStep = {
  'plan-rotation': {
    kind: 'check',
    title: 'See which logs there are and who writes them',
    paper: 'Weekly 4. logrotate -f',
  },
} as const satisfies StepsById;

/** A rotation counts only when whoever wrote before still writes. */
export const rotateLogsSteps = {
  'rotate-logs': {
    kind: 'change',
    title: 'Rotate the logs',
    paper: 'Weekly 4. logrotate -f',
    changes: 'the logs of the configured files of logrotate',
    undo: 'not needed: nothing of a log is lost',
    onFailure: 'ask-or-skip',
    byHand: WEEKLY_ANEW,
  },
  'prove-logs': { kind: 'check', title: 'Prove that logging goes on', paper: 'Weekly 4. logrotate -f' },
} as const satisfies StepsById;

type RotationRun = Run<typeof rotateLogsSteps>;

/** Rotates the logs of these files now, and proves that logging goes on; a person may leave it out. */
export async function rotateLogs(
  run: RotationRun,
  { files, logs }: Pick<RotationPlan, 'files' | 'logs'>,
): Promise<void> {
  const rotated = await run.tryChange('rotate-logs', change.rotateLogs({ files }));
  if (rotated === undefined) return run.skip('prove-logs', NOT_ROTATED);
  const { since } = rotated;
  await orNotProven(run, 'logging goes on after the rotation', async () => {
    const proof = await run.check('prove-logs', read.proveRotation({ logs, since }), {
      says: 'nothing was rotated',
      result: { checks: [] },
    });
    run.verify(proof.checks, 'report');
  });
}

/** Rotates nothing, and says why. */
export function leaveLogs(run: RotationRun, why: string): void {
  run.skip('rotate-logs', why);
  run.skip('prove-logs', NOT_ROTATED);
}

const NOT_ROTATED = 'no log was rotated';
