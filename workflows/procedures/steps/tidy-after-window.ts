import type { ReportSection } from '../../contracts/report.ts';
import type { CleanUpPlan, RotationPlan, UnusedThing } from '../../contracts/weekly-plan.ts';
import type { PackageUpgrade } from '../../contracts/window-plan.ts';
import { change, read } from '../../engine/calls.ts';
import { orNotProven, provenOrNull } from '../../engine/not-proven.ts';
import type { StepsById } from '../../engine/procedure.ts';
import type { Run } from '../../engine/run.ts';
import {
  cleanUpDockerStep,
  cleanUpLines,
  planCleanUpStep,
  stillUnused,
  thingText,
} from './docker-clean-up.ts';
import { leaveLogs, planRotationStep, rotateLogs, rotateLogsSteps } from './rotate-logs.ts';
import { tellSecurityUpdates } from './security-updates.ts';

/** The weekly steps that a window includes, as they are planned before its approval. */
export const planTidySteps = { ...planCleanUpStep, ...planRotationStep } as const satisfies StepsById;

/**
 * The weekly steps that a window includes, once users are in and the new version was watched: none of them is a reason
 * to take the window back. What takes long, or needs a stop, the window has done by then (packages, the database).
 */
export const tidySteps = {
  'confirm-clean-up': {
    kind: 'check',
    title: 'See what of it nothing uses to this day',
    paper: 'Weekly 2. prune',
  },
  'clean-up-docker': { ...cleanUpDockerStep['clean-up-docker'], onFailure: 'ask-or-skip' },
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
      lines: cleanUp === null ? [LEFT_ALONE] : cleanUpLines(thingsOf(cleanUp), cleanUp),
    },
    {
      title: 'Logs, after the cut-over',
      lines:
        rotation === null
          ? [LEFT_ALONE]
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
  if (plan === null) run.skip('confirm-clean-up', LEFT_ALONE);
  const now =
    plan === null
      ? null
      : await provenOrNull(run, 'what nothing in Docker uses', () =>
          run.check('confirm-clean-up', read.planDockerCleanUp({})),
        );
  if (plan === null || now === null) return run.skip('clean-up-docker', LEFT_ALONE);
  const approved = thingsOf(plan);
  const things = stillUnused(approved, now);
  const cleaned = await run.tryChange('clean-up-docker', change.cleanUpDocker({ things }));
  const stays = approved.filter((thing) => !things.includes(thing));
  run.section('Removed from Docker', [
    ...(cleaned?.lines ?? ['nothing: the step was left out']),
    ...stays.map((thing) => `${thingText(thing)} stays: it was used, or changed, since the plan`),
  ]);
}

/** Days may have passed, and the app was made anew: who writes a log is seen right before its rotation. */
async function rotate(run: Run<typeof tidySteps>, plan: RotationPlan | null): Promise<void> {
  if (plan === null) run.skip('confirm-rotation', LEFT_ALONE);
  const now =
    plan === null
      ? null
      : await provenOrNull(run, 'who writes the logs', () =>
          run.check('confirm-rotation', read.planRotation({})),
        );
  if (plan === null || now === null) return leaveLogs(run, LEFT_ALONE);
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

const LEFT_ALONE = 'left alone: it could not be seen';
