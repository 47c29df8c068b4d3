import type { ReportSection } from '../../contracts/report.ts';
import type { CleanUpPlan, RotationPlan, UnusedThing } from '../../contracts/weekly-plan.ts';
import type { PackageUpgrade } from '../../contracts/window-plan.ts';
import { read } from '../../engine/calls.ts';
import { orNotProven, provenOrNull } from '../../engine/not-proven.ts';
import type { StepsById } from '../../engine/procedure.ts';
import type { Run } from '../../engine/run.ts';
import {
  cleanUpDockerSteps,
  cleanUpLines,
  leaveDocker,
  NOT_SEEN,
  planCleanUpStep,
  removeStillUnused,
  whyLeftAlone,
} from './docker-clean-up.ts';
import { leaveLogs, planRotationStep, rotateLogs, rotateLogsSteps } from './rotate-logs.ts';
import { tellSecurityUpdates } from './security-updates.ts';
import { WEEKLY_ANEW } from './weekly-anew.ts';

/** The weekly steps that a window includes, as they are planned before its approval. */
export const planTidySteps = { ...planCleanUpStep, ...planRotationStep } as const satisfies StepsById;

/**
 * The weekly steps that a window includes, once users are in and the new version was watched: none of them is a reason
 * to take the window back. What takes long, or needs a stop, the window has done by then (packages, the database).
 */
export const tidySteps = {
  ...cleanUpDockerSteps,
  'clean-up-docker': {
    ...cleanUpDockerSteps['clean-up-docker'],
    onFailure: 'ask-or-skip',
    byHand: WEEKLY_ANEW,
  },
  'confirm-rotation': {
    kind: 'check',
    title: 'See who writes the logs now',
    paper: 'Weekly 4. logrotate -f',
  },
  ...rotateLogsSteps,
  'list-upgrades': {
    kind: 'check',
    title: 'List the security updates',
    paper: 'Weekly 5. apt list --upgradable',
  },
} as const satisfies StepsById;

/** What a window tidies; null: it could not be planned, and is left alone. */
export interface TidyPlan {
  readonly cleanUp: CleanUpPlan | null;
  readonly rotation: RotationPlan | null;
}

/** Finds what there is to tidy. What cannot be found is told, and is no reason to have no window. */
export async function planTidy(run: Run<typeof planTidySteps>): Promise<TidyPlan> {
  const cleanUp = await provenOrNull(run, 'what nothing in Docker uses', () =>
    run.check('plan-clean-up', read.planDockerCleanUp({})),
  );
  const rotation = await provenOrNull(run, 'which logs there are', () =>
    run.check('plan-rotation', read.planRotation({})),
  );
  return { cleanUp, rotation };
}

/** The plan as the gate shows it. */
export function tidySections({ cleanUp, rotation }: TidyPlan): ReportSection[] {
  return [
    {
      title: 'Docker, after the cut-over',
      lines: cleanUp === null ? [NOT_SEEN] : cleanUpLines(thingsOf(cleanUp), cleanUp),
    },
    {
      title: 'Logs, after the cut-over',
      lines:
        rotation === null
          ? [NOT_SEEN]
          : [
              ...rotation.files.map((file) => `rotates ${file}`),
              ...rotation.checks
                .filter(({ status }) => status !== 'pass')
                .map(({ name, got }) => `${name}: ${got}`),
            ],
    },
  ].filter(({ lines }) => lines.length > 0);
}

/** Does what was approved, as far as it still holds, and lists the security updates. */
export async function tidyAfterWindow(
  run: Run<typeof tidySteps>,
  plan: TidyPlan,
  upgrades: readonly PackageUpgrade[] | 'switched off',
): Promise<void> {
  await cleanUpDocker(run, plan.cleanUp);
  await rotate(run, plan.rotation);
  await listUpgrades(run, upgrades);
}

async function cleanUpDocker(run: Run<typeof tidySteps>, plan: CleanUpPlan | null): Promise<void> {
  if (plan === null) return leaveDocker(run, NOT_SEEN);
  const why = whyLeftAlone(plan);
  if (why !== null) return leaveDocker(run, why);
  await removeStillUnused(run, thingsOf(plan));
}

/** Days may have passed, and the app was made anew: who writes a log is seen right before its rotation. */
async function rotate(run: Run<typeof tidySteps>, plan: RotationPlan | null): Promise<void> {
  if (plan === null) run.skip('confirm-rotation', NOT_SEEN);
  const now =
    plan === null
      ? null
      : await provenOrNull(run, 'who writes the logs', () =>
          run.check('confirm-rotation', read.planRotation({})),
        );
  if (plan === null || now === null) return leaveLogs(run, NOT_SEEN);
  run.verify(now.checks, 'report');
  const files = now.files.filter((file) => plan.files.includes(file));
  if (files.length === 0) return leaveLogs(run, 'no logs can be rotated');
  await rotateLogs(run, { files, logs: now.logs });
}

/** Asks the package lists again: what they offer after the upgrade is left to do. */
async function listUpgrades(
  run: Run<typeof tidySteps>,
  approved: readonly PackageUpgrade[] | 'switched off',
): Promise<void> {
  if (approved === 'switched off')
    return run.skip('list-upgrades', 'switched off in the configuration (maintenance.packages.upgrade)');
  await orNotProven(run, 'security updates are installed', async () => {
    const { upgrades } = await run.check('list-upgrades', read.listUpgrades({}), {
      says: 'known only after the upgrade',
      result: { upgrades: [] },
    });
    const offered = (name: string) => upgrades.some((upgrade) => upgrade.name === name);
    tellSecurityUpdates(run, [...approved.filter(({ name }) => !offered(name)), ...upgrades], {
      left: ({ name }) => offered(name),
      answer: 'fdts-ops start weeklyMaintenance, which asks for an approval',
    });
  });
}

/** A person reads the list at the gate. */
function thingsOf({ plain, doubtful }: CleanUpPlan): readonly UnusedThing[] {
  return [...plain, ...doubtful];
}
