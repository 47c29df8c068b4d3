import type { BundleSurvey } from '../contracts/configuration-bundle.ts';
import type { Figure } from '../contracts/figures.ts';
import type { ReportSection, RunReport } from '../contracts/report.ts';
import type { SchemaBefore } from '../contracts/schema-of.ts';
import type {
  BackupMade,
  NextWindow,
  PackageUpgrade,
  PreparedImage,
  WindowSurvey,
} from '../contracts/window-plan.ts';
import { change, control, read, undoWith } from '../engine/calls.ts';
import { formatSeconds } from '../engine/checklist.ts';
import { cleanUpAside } from '../engine/clean-up.ts';
import { RunEnds } from '../engine/failure.ts';
import { type CommonInput, watchInput } from '../engine/input.ts';
import { lookFromOutside } from '../engine/look-from-outside.ts';
import { orNotProven } from '../engine/not-proven.ts';
import { defineProcedure } from '../engine/procedure.ts';
import { holdHost, reserveHost, sleepUntilOpen, stepDown } from '../engine/reservation.ts';
import type { Run } from '../engine/run.ts';
import { runProcedure } from '../engine/run-procedure.ts';
import { stampOf } from '../engine/stamp.ts';
import { watchForErrors } from '../engine/watch-for-errors.ts';
import { declaredSeconds, secondsOfWork } from '../engine/window-guard.ts';
import {
  announceEnd,
  announceOpening,
  announceOpeningStep,
  announceStart,
  announceStartStep,
} from './steps/announce-window.ts';
import { backupSettings, copyBackup, proveBackup, retentionSettings, tellBackup } from './steps/backup.ts';
import { checkAfterSteps, checkAfterWindow, timeBefore, timeBeforeStep } from './steps/check-after-window.ts';
import {
  bundleConfiguration,
  bundleSettings,
  bundleStep,
  surveyBundle,
  surveyBundleStep,
} from './steps/configuration-bundle.ts';
import { healthSettings } from './steps/health.ts';
import { unblockStartStep } from './steps/hold-start.ts';
import { announceEndStep } from './steps/last-steps.ts';
import { compareSettings } from './steps/measure.ts';
import { copySettings, type Rehearsed, rehearsalSteps, rehearse } from './steps/rehearsal.ts';
import { runningServices } from './steps/running-services.ts';
import { scanImages, scanImagesStep, scanSettings } from './steps/scan-images.ts';
import { cutOverToImages, servesAfterCutOver, servesSteps } from './steps/serves-after-cut-over.ts';
import {
  planTidy,
  planTidySteps,
  type TidyPlan,
  tidyAfterWindow,
  tidySections,
  tidySteps,
} from './steps/tidy-after-window.ts';

export interface PlannedMaintenanceInput extends CommonInput {
  /** `now` is the default; the schedule starts it with `next-window`. */
  readonly when?: 'now' | 'next-window';
  readonly approvalTimeoutSeconds?: number;
  readonly watchSeconds?: number;
}

export const plannedMaintenanceProcedure = defineProcedure({
  type: 'plannedMaintenance',
  title: 'Planned maintenance window',
  section: 'Maintenance Procedures / Planned Maintenance Window',
  summary:
    'Backs up, upgrades packages and images and tidies the database in one short stop, after an approval; takes itself back when anything fails. With users served again it does what else the weekly maintenance does, and measures the post-maintenance checklist.',
  beyond:
    'Announced, prepared and approved a day ahead, it opens by itself; the new version and the way back are tried on a throwaway copy first, all that is slow is done before the stop, and what would not fit into the window is not begun.',
  mutating: true,
  givesWay: true,
  safeState: 'as before: the old version serves, with the data that users left',
  input: {
    when: {
      type: 'choice',
      oneOf: ['now', 'next-window'],
      describe:
        'when the window opens: now, or at the next date of schedules.plannedMaintenance; the plan is approved before that',
      example: 'now',
    },
    approvalTimeoutSeconds: {
      type: 'seconds',
      describe:
        'how long the gate waits for a person; default: maintenance.approvalTimeout of the host, and with next-window as long as the work still fits into the window',
      example: 3600,
    },
    ...watchInput,
  },
  settings: [
    'schedules.plannedMaintenance.notice',
    'maintenance.window',
    'maintenance.approvalTimeout',
    'maintenance.rehearse',
    ...copySettings,
    'maintenance.stopTimeout',
    'maintenance.healthTimeout',
    'maintenance.watch',
    'maintenance.packages.upgrade',
    'maintenance.packages.hold',
    'maintenance.images.pull',
    'maintenance.images.build',
    ...backupSettings,
    ...retentionSettings,
    ...bundleSettings,
    ...healthSettings,
    ...compareSettings,
    'weekly.unusedFor',
    'weekly.logrotate',
    ...scanSettings,
  ],
  steps: {
    'survey-host': {
      kind: 'check',
      title: 'Check the host and the app',
      paper: 'before it',
      expectedSeconds: 5,
    },
    'reserve-window': {
      kind: 'change',
      title: 'Reserve the host for the window',
      changes: "a reservation in the host's journal: no second window; everything else goes on",
      undo: 'ends with the run',
    },
    ...announceStartStep,
    'prepare-packages': {
      kind: 'change',
      title: 'Download package upgrades',
      paper: '3. apt update',
      changes: 'refreshes the package lists and fills the package cache; installs nothing',
      undo: 'not needed: the cache changes nothing that runs',
      onFailure: 'ask',
      expectedSeconds: 30,
    },
    'prepare-images': {
      kind: 'change',
      title: 'Pull and build the new images',
      paper: '4. pull, build',
      changes: "images under names of the run; no service's tag moves",
      undo: 'removes the names of the run',
      onFailure: 'ask',
      expectedSeconds: 60,
    },
    'survey-bundle': { ...surveyBundleStep['survey-bundle'], paper: 'Pre: full system backup' },
    ...planTidySteps,
    ...rehearsalSteps,
    'approve-plan': { kind: 'gate', title: 'A person approves the plan', paper: 'Pre: rollback plan' },
    'wait-for-window': {
      kind: 'check',
      title: 'Sleep until the window opens',
      paper: 'Schedule: first Sunday, 2-4 AM',
    },
    'open-window': {
      kind: 'change',
      title: 'Take the host for the window',
      paper: 'Schedule: first Sunday, 2-4 AM',
      changes: "the hold in the host's journal; who has the host is waited for",
      undo: 'ends with the run',
    },
    'survey-again': { kind: 'check', title: 'Check the host and the app again', expectedSeconds: 5 },
    'confirm-plan': { kind: 'check', title: 'See that the approved plan still holds', expectedSeconds: 2 },
    ...announceOpeningStep,
    'back-up': {
      kind: 'change',
      title: 'Back up while the app runs',
      paper: '1. backup.sh',
      changes: 'one new archive with its manifest',
      undo: 'not needed: a backup is kept',
      onFailure: 'ask',
      expectedSeconds: 20,
    },
    'verify-backup': {
      kind: 'check',
      title: 'Prove the backup by restoring it into scratch',
      paper: '1. backup.sh',
    },
    'copy-backup': {
      kind: 'change',
      title: 'Copy the backup to external storage',
      paper: '1. backup.sh',
      changes: 'one file and its manifest on the external storage',
      undo: 'not needed: a backup is kept',
      onFailure: 'ask-or-skip',
      expectedSeconds: 10,
    },
    'bundle-configuration': { ...bundleStep['bundle-configuration'], paper: 'Pre: full system backup' },
    ...timeBeforeStep,
    'block-start': {
      kind: 'change',
      title: 'Keep FDTS from starting itself',
      changes: 'restart policies to "no", and the hold file that stops fdts.service',
      undo: 'puts the policies back and removes the file',
      expectedSeconds: 2,
    },
    'stop-services': {
      kind: 'change',
      title: 'Stop the services (users are shut out)',
      paper: '2. stop app nginx',
      changes: 'stops the proxy, the app and whatever else uses the data folder',
      undo: 'starts them again and waits until they are healthy',
      expectedSeconds: 15,
    },
    'settle-database': {
      kind: 'change',
      title: 'Prove that nothing has the database open',
      changes: 'writes what is left in the write-ahead log into the database file',
      undo: 'not needed: the content is the same',
      expectedSeconds: 2,
    },
    'note-uploads': {
      kind: 'change',
      title: 'Note the files that users left',
      changes: 'a list of the uploads, on the host',
      undo: 'moves files that came later aside',
      expectedSeconds: 5,
    },
    'install-packages': {
      kind: 'change',
      title: 'Install the package upgrades',
      paper: '3. apt upgrade',
      changes: 'exactly the approved versions; changed configuration files stay',
      undo: 'lets it end and repairs what was cut off; packages are not downgraded',
      expectedSeconds: 60,
    },
    'restart-deferred': {
      kind: 'change',
      title: 'Restart what the upgrade put off',
      paper: '3. apt upgrade',
      changes: 'restarts Docker or the worker when an upgrade asked for it',
      undo: 'not needed',
      expectedSeconds: 15,
    },
    'optimize-database': {
      kind: 'change',
      title: 'Vacuum, analyse and check the database',
      paper: '5. VACUUM, ANALYZE, integrity_check',
      changes: 'a tidied copy takes the place of the database; the original is kept aside',
      undo: 'moves the original back',
      expectedSeconds: 20,
    },
    'switch-images': {
      kind: 'change',
      title: 'Switch to the new images',
      paper: '4. pull, build',
      changes: "moves the services' tags to the approved images",
      undo: 'moves the tags back',
      expectedSeconds: 2,
    },
    'start-app': {
      kind: 'change',
      title: 'Start the new version (users still shut out)',
      paper: '6. up -d',
      changes: 'recreates the containers that change, and starts the app alone',
      undo: 'stops it',
      expectedSeconds: 20,
    },
    'smoke-test': {
      kind: 'change',
      title: 'Check health, login, upload and download',
      paper: '7. verify functionality',
      changes: 'one small test file, removed again',
      undo: 'covered by the list of uploads',
      expectedSeconds: 5,
    },
    'cut-over': {
      kind: 'change',
      title: 'Let users in (point of no return)',
      paper: '6. up -d',
      changes: 'starts the proxy and the other services',
      undo: 'from here users write: only images are taken back, never the database',
      expectedSeconds: 10,
    },
    ...unblockStartStep,
    ...servesSteps,
    watch: { kind: 'check', title: 'Watch for errors', paper: 'Post: monitor for errors' },
    'clean-up': {
      kind: 'change',
      title: 'Clean up what is past its retention',
      changes:
        'removes images and databases of earlier windows after rollbackRetention; what is nowhere else stays, and is named',
      undo: 'not needed',
      onFailure: 'ask-or-skip',
    },
    'retain-backups': {
      kind: 'change',
      title: 'Remove backups that are past their retention',
      changes: 'archives of fdts-ops beyond backups.keep and backups.keepFor, never the newest verified one',
      undo: 'not needed: enough newer ones are kept',
      onFailure: 'ask-or-skip',
    },
    ...tidySteps,
    ...checkAfterSteps,
    ...scanImagesStep,
    'announce-end': { ...announceEndStep['announce-end'], paper: 'Post: notify users' },
  },
});

/** What the plan is made of, besides what is prepared. */
interface PlanBasis extends WindowSurvey {
  readonly bundle: BundleSurvey;
  readonly tidy: TidyPlan;
  /** null: the window opened with the run. */
  readonly window: NextWindow | null;
  /** null: it was not tried. */
  readonly rehearsed: Rehearsed | null;
}

type WindowRun = Run<typeof plannedMaintenanceProcedure.steps>;

/** The planned maintenance window: side by side with its section of the runbook, with everything slow before the stop. */
export async function plannedMaintenance(input?: PlannedMaintenanceInput): Promise<RunReport> {
  return runProcedure(plannedMaintenanceProcedure, input, maintain, {
    holdsLater: ({ when }) => when === 'next-window',
  });
}

async function maintain(run: WindowRun, options: Partial<PlannedMaintenanceInput>): Promise<void> {
  const found = await run.check('survey-host', read.surveyHost({}));
  run.verify(found.checks, 'refused');
  const window = await reserveWindow(run, options, found);
  run.failureWaitSeconds = options.approvalTimeoutSeconds ?? found.approvalTimeoutSeconds;

  await announceStart(run, window);
  const prepared = await preparePackages(run, found);
  const images = await run.change('prepare-images', change.prepareImages({}), {
    undo: undoWith('Remove the prepared image names', change.removePreparedImages({})),
  });
  const bundle = await surveyBundle(run);
  const tidy = await planTidy(run);
  const rehearsed = await rehearseUnlessOff(run, found, { images, bundle });
  const plan = { ...found, bundle, tidy, window, rehearsed };
  if (window !== null) await stepDown(run);
  let upgrades = await approvePlan(run, plan, prepared, images, gateSeconds(options, plan));

  let survey = found;
  if (window === null) skipWaiting(run);
  else {
    survey = await openWindow(run, window);
    // Days may have passed: what was approved is compared again, and other packages make another plan.
    upgrades = await confirmOrAskAgain(run, plan, upgrades, images);
  }
  await announceOpening(run, window);

  // Names tell when a backup was made: that of a window that opens later is not as old as its run.
  const named = window === null && rehearsed === null ? run.stamp : stampOf(Date.now());
  const backup = await run.change('back-up', change.makeBackup({ named }));
  await proveBackup(run, backup, 'rolled-back');
  await copyBackup(run, backup);
  await bundleConfiguration(run, bundle, backup);
  tellBackup(run, backup);
  const before = await timeBefore(run);

  // A backup may take long: nobody is shut out for a plan that does not hold any more.
  const { packages } = await confirmPlan(run, found, upgrades);
  if (packages.length > 0)
    throw new RunEnds(
      'rolled-back',
      `the package lists changed meanwhile: ${packages.join(', ')}; start again`,
    );

  await takeDown(run, survey);
  const tidied = await changeWhileDown(run, upgrades, images, backup);
  const notLetIn = await bringUp(run, survey, images);
  run.section('Database', tidied);
  const watchSeconds = options.watchSeconds ?? survey.watchSeconds;
  await afterCutOver(run, survey, { notLetIn, watchSeconds, tidy, before, upgrades });
  reportWindow(run);
}

/**
 * Says in which window the work has to be done, and reserves the host when it opens later. From here each step begins
 * only when there is time for it, for what follows it and for the way back. null: the window opens now.
 */
async function reserveWindow(
  run: WindowRun,
  { when }: Partial<PlannedMaintenanceInput>,
  survey: WindowSurvey,
): Promise<NextWindow | null> {
  const seconds = survey.windowSeconds;
  const window =
    when === 'next-window'
      ? await run.readFromControl(
          control.findNextWindow({ host: run.host?.name ?? '', after: Date.now(), seconds }),
        )
      : null;
  run.window = {
    closesAt: window?.closesAt ?? run.startedAt + seconds * 1000,
    last: 'cut-over',
    expected: { ...declaredSeconds(plannedMaintenanceProcedure.steps), ...survey.stepSeconds },
    rollbackSeconds: survey.rollbackSeconds,
  };
  if (window === null)
    run.skip('reserve-window', 'the window opens now: the run has the host from its start');
  else await reserveHost(run, 'reserve-window', window);
  return window;
}

/** Tries the change on a copy; what it measures is what the work and the way back are expected to take from here on. */
async function rehearseUnlessOff(
  run: WindowRun,
  { rehearse: wanted }: WindowSurvey,
  { images, bundle }: { readonly images: readonly PreparedImage[]; readonly bundle: BundleSurvey },
): Promise<Rehearsed | null> {
  if (!wanted) {
    for (const id of REHEARSAL_STEPS)
      run.skip(id, 'switched off in the configuration (maintenance.rehearse)');
    const expected = 'the new version and the way back, tried on a copy';
    run.verify(
      [{ name: 'rehearsed', status: 'not proven', expected, got: 'maintenance.rehearse is off' }],
      'report',
    );
    return null;
  }
  const rehearsed = await rehearse(run, images, bundle);
  if (rehearsed === null || run.window === null) return rehearsed;
  const expected: Record<string, number> = { ...run.window.expected, 'start-app': rehearsed.start };
  const rollbackSeconds =
    (expected['stop-services'] ?? 0) + rehearsed.rollback + (expected['smoke-test'] ?? 0);
  run.window = { ...run.window, expected, rollbackSeconds };
  return rehearsed;
}

const REHEARSAL_STEPS = [
  'back-up-to-rehearse',
  'bundle-to-rehearse',
  'stage-rehearsal',
  'rehearse',
  'rehearse-rollback',
  'end-rehearsal',
] as const;

/** How long the gate waits; the engine makes it less where the work would not fit into the window any more. */
function gateSeconds(
  options: Partial<PlannedMaintenanceInput>,
  { window, approvalTimeoutSeconds }: PlanBasis,
) {
  const usual = window === null ? approvalTimeoutSeconds : (window.closesAt - Date.now()) / 1000;
  return options.approvalTimeoutSeconds ?? usual;
}

function skipWaiting(run: WindowRun): void {
  for (const id of ['wait-for-window', 'open-window', 'survey-again'] as const)
    run.skip(id, 'the window opened with the run');
}

/** Sleeps until the window opens, takes the host, and looks at it again. */
async function openWindow(run: WindowRun, window: NextWindow): Promise<WindowSurvey> {
  await sleepUntilOpen(run, 'wait-for-window', window);
  await holdHost(run, 'open-window');
  const survey = await run.check('survey-again', read.surveyHost({}));
  // What was said before the approval is not said again.
  run.verify(
    survey.checks.filter(({ status }) => status === 'fail'),
    'rolled-back',
  );
  return survey;
}

/** The window as it was planned and as it was; one that took longer takes nothing away from users. */
function reportWindow(run: WindowRun): void {
  const { window } = run;
  if (window === null || run.dryRun) return;
  const over = (Date.now() - window.closesAt) / 1000;
  run.section('Window', [
    `until ${new Date(window.closesAt).toISOString()}; over at ${new Date(Date.now()).toISOString()}`,
    over > 0 ? `${formatSeconds(over)} too late: users were in again before` : 'kept',
  ]);
}

async function preparePackages(run: WindowRun, survey: WindowSurvey): Promise<readonly PackageUpgrade[]> {
  if (!survey.upgradePackages) {
    run.skip('prepare-packages', 'switched off in the configuration (maintenance.packages.upgrade)');
    return [];
  }
  const { upgrades } = await run.change('prepare-packages', change.preparePackages({}));
  return upgrades;
}

/**
 * Waits for the approval of the plan, and makes sure that it still holds then. Returns the upgrades that were approved.
 */
async function approvePlan(
  run: WindowRun,
  plan: PlanBasis,
  upgrades: readonly PackageUpgrade[],
  images: readonly PreparedImage[],
  seconds: number,
): Promise<readonly PackageUpgrade[]> {
  const until = Date.now() + seconds * 1000;
  await askForPlan(run, planSections(run, plan, upgrades, images), until);
  return confirmOrAskAgain(run, plan, upgrades, images, until);
}

/**
 * Package lists that moved on since the plan was approved make another plan, which a person has to see; a host that
 * somebody else changed ends the run.
 */
async function confirmOrAskAgain(
  run: WindowRun,
  plan: PlanBasis,
  approved: readonly PackageUpgrade[],
  images: readonly PreparedImage[],
  until = Number.POSITIVE_INFINITY,
): Promise<readonly PackageUpgrade[]> {
  let upgrades = approved;
  for (;;) {
    const { packages: changed } = await confirmPlan(run, plan, upgrades);
    if (changed.length === 0) return upgrades;
    upgrades = await prepareAgain(run, plan);
    await askForPlan(
      run,
      planSections(run, plan, upgrades, images),
      until,
      `The plan changed since it was approved (${changed.join(', ')})`,
    );
  }
}

async function askForPlan(
  run: WindowRun,
  plan: readonly ReportSection[],
  until: number,
  reopenedBecause?: string,
): Promise<void> {
  await run.gate('approve-plan', {
    question: 'Approve to back up, stop the services, change what the plan lists, and start again.',
    plan,
    timeoutSeconds: Math.max(1, (until - Date.now()) / 1000),
    ...(reopenedBecause === undefined ? {} : { reopenedBecause }),
  });
}

/** While the run waits for its window it has no hold: it takes it for the preparation, and gives it back. */
async function prepareAgain(run: WindowRun, plan: PlanBasis): Promise<readonly PackageUpgrade[]> {
  const { waitsWithoutHold } = run;
  if (waitsWithoutHold) await holdHost(run, 'prepare-packages');
  const upgrades = await preparePackages(run, plan);
  // Who approves late finds the window open: there is nothing to wait for any more.
  if (waitsWithoutHold && plan.window !== null && Date.now() < plan.window.opensAt) await stepDown(run);
  return upgrades;
}

/** @throws RunEnds when somebody else changed the host since the plan was made. */
async function confirmPlan(run: WindowRun, survey: WindowSurvey, upgrades: readonly PackageUpgrade[]) {
  const { services, projectFiles } = survey;
  const differences = await run.check(
    'confirm-plan',
    read.comparePlan({ services, projectFiles, upgrades }),
    {
      says: 'a real run compares the host with the approved plan',
      result: { host: [], packages: [] },
    },
  );
  if (differences.host.length > 0)
    throw new RunEnds(
      'rolled-back',
      `somebody else changed the host since the plan was made: ${differences.host.join(', ')}; start again`,
    );
  return differences;
}

/** Stops FDTS so that it stays stopped, and proves that the database is closed. */
async function takeDown(run: WindowRun, survey: WindowSurvey): Promise<void> {
  const policies = policiesOf(survey);
  await run.change('block-start', change.blockStart({}), {
    undo: undoWith('Let FDTS start itself again', change.unblockStart({ policies })),
  });
  run.shutUsersOut();
  await run.change('stop-services', change.stopServices({ services: survey.stopOrder }), {
    undo: undoWith(
      'Start the services as they were',
      change.startServices({ services: survey.startOrder, verify: true }),
    ),
  });
  await run.change('settle-database', change.settleDatabase({}));
  await run.change('note-uploads', change.noteUploads({}), {
    undo: undoWith('Move files that came after the stop aside', change.setAsideNewUploads({})),
  });
}

async function changeWhileDown(
  run: WindowRun,
  upgrades: readonly PackageUpgrade[],
  images: readonly PreparedImage[],
  { archive, source }: Pick<BackupMade, 'archive' | 'source'>,
): Promise<readonly string[]> {
  if (upgrades.length === 0) {
    run.skip('install-packages', 'no upgrades');
    run.skip('restart-deferred', 'no upgrades');
  } else {
    const installed = await run.change('install-packages', change.installPackages({ upgrades }), {
      undo: undoWith(
        'Let the package upgrade end and repair what was cut off',
        change.settlePackages({ upgrades }),
      ),
    });
    run.section('Packages', installed.lines);
    await run.change('restart-deferred', change.restartDeferred({}));
  }
  const optimized = await run.change('optimize-database', change.optimizeDatabase({}), {
    undo: undoWith('Move the original database back', change.restoreDatabase({ archive, source })),
  });
  // Also those that stay: somebody may have moved a tag since, to an image that nobody approved.
  if (images.length === 0) run.skip('switch-images', 'no service has an image');
  else {
    await run.change(
      'switch-images',
      change.switchImages({ images: images.map(({ image, newId: id }) => ({ image, id })) }),
      {
        undo: undoWith(
          'Move the image tags back',
          change.switchImages({ images: images.map(({ image, oldId: id }) => ({ image, id })) }),
        ),
      },
    );
  }
  return optimized.lines;
}

/** Starts the new version behind closed doors, proves it, and opens the doors. Returns what of that failed, if it stays all the same. */
async function bringUp(
  run: WindowRun,
  survey: WindowSurvey,
  images: readonly PreparedImage[],
): Promise<string | null> {
  const start = change.startServices({ services: [survey.app], make: survey.startOrder, verify: true });
  await run.change('start-app', start, {
    undo: undoWith('Stop the new version', change.stopServices({ services: [survey.app] })),
  });
  const smoke = await run.change('smoke-test', change.smokeTest({}));
  run.verify(smoke.checks, 'rolled-back');
  run.section('App version', [
    `before: ${survey.appVersion ?? 'not known'}`,
    `after: ${smoke.version ?? 'not known'}`,
  ]);
  run.section('Images', images.map(imageLine));
  const policies = policiesOf(survey);
  const moving = images.filter(isMoving).map(({ service }) => service);
  // One that had ended, such as a migration, or that somebody stopped, is not started because its image is another one.
  const ran = ranBefore(survey);
  const all = [...new Set([...survey.startOrder, ...moving.filter((service) => ran.includes(service))])];
  return cutOverToImages(run, {
    because: 'users are being let in: from here a rollback would lose what they write',
    services: all,
    policies,
    images,
    schema: schemaBefore(survey),
    wayBack: 'Go back to the old images, with the current database',
  });
}

function schemaBefore({ database: { schemaHash, userVersion } }: WindowSurvey): SchemaBefore {
  return { schemaHash, userVersion };
}

/** What is known by then of what follows the cut-over. */
interface AfterCutOver {
  /** What kept users from being let in; null when nothing did. */
  readonly notLetIn: string | null;
  readonly watchSeconds: number;
  readonly tidy: TidyPlan;
  /** Response times of the old version. */
  readonly before: readonly Figure[];
  /** That were approved. */
  readonly upgrades: readonly PackageUpgrade[];
}

async function afterCutOver(
  run: WindowRun,
  survey: WindowSurvey,
  { notLetIn, watchSeconds, tidy, before, upgrades }: AfterCutOver,
): Promise<void> {
  const schema = schemaBefore(survey);
  if (!(await servesAfterCutOver(run, ranBefore(survey), { schema, notLetIn }))) return;
  await orNotProven(run, 'seen from outside the host', () => lookFromOutside(run));
  await watchForErrors(run, watchSeconds, 'After the cut-over');
  await cleanUpAside(run);
  const retained = await run.tryChange('retain-backups', change.retainBackups({}));
  run.section('Backups removed', retained?.removed ?? []);
  await tidyAfterWindow(run, tidy, survey.upgradePackages ? upgrades : 'switched off');
  await checkAfterWindow(run, { since: run.record('cut-over').endedAt ?? run.startedAt, before });
  await scanImages(run);
  await announceEnd(run);
}

/** Services that must be up at the end: those that were before, and no others. */
function ranBefore({ startOrder, services }: WindowSurvey): readonly string[] {
  return [...new Set([...startOrder, ...runningServices(services)])];
}

/** The restart policies that the services had, and get back. */
function policiesOf({ services }: WindowSurvey) {
  return services.map(({ service, restartPolicy }) => ({ service, policy: restartPolicy }));
}

function isMoving({ oldId, newId }: PreparedImage): boolean {
  return newId !== oldId;
}

function planSections(
  run: WindowRun,
  survey: PlanBasis,
  upgrades: readonly PackageUpgrade[],
  images: readonly PreparedImage[],
): ReportSection[] {
  return [
    ...notProven(run),
    {
      title: 'Window',
      lines: [
        survey.window === null
          ? `from the approval on, for ${formatSeconds(survey.windowSeconds)} from the start of the run`
          : `${survey.window.says}; the run waits for it`,
        'a step that would not fit any more, its way back included, is not begun: what was changed is taken back',
      ],
    },
    {
      title: 'Stops',
      lines: [`${survey.stopOrder.join(', ')}; started again in the order ${survey.startOrder.join(', ')}`],
    },
    {
      title: 'Packages',
      lines:
        upgrades.length === 0
          ? ['none']
          : upgrades.map(({ name, from, to }) => `${name} ${from ?? 'new'} → ${to}`),
    },
    { title: 'Images', lines: images.map(imageLine) },
    {
      title: 'Database',
      lines: [`VACUUM, ANALYZE, full check of ${survey.database.bytes} bytes; the original is kept aside`],
    },
    ...tidySections(survey.tidy),
    {
      title: 'Backup',
      lines: [
        'a new one is made after the approval; it must restore into scratch with every hash, check and row count right, or nothing is stopped',
      ],
    },
    {
      title: 'Configuration bundle',
      lines: survey.bundle.ready ? survey.bundle.lines : ['none is made: see what is not proven'],
    },
    {
      title: 'Expected downtime',
      lines: [expectedDowntime(run, survey)],
    },
    {
      title: 'Way back',
      lines: [
        'until the cut-over: old images by tag, the original database moved back, the old version proven healthy. After it: images only; where the new version changed the schema a person is asked first',
      ],
    },
  ];
}

function expectedDowntime(run: WindowRun, { rehearsed, lastDowntimeSeconds }: PlanBasis): string {
  if (rehearsed !== null && run.window !== null) {
    const seconds = secondsOfWork(run.window, run.steps, 'stop-services');
    return `${formatSeconds(seconds)}: the start took ${formatSeconds(rehearsed.start)} in the rehearsal, the rest is as last measured or declared; the way back took ${formatSeconds(rehearsed.rollback)}`;
  }
  return lastDowntimeSeconds === null
    ? 'not known yet: no window was measured on this host'
    : `${formatSeconds(lastDowntimeSeconds)}, as the last window measured`;
}

/** What the checks could not prove, so that whoever approves knows. */
function notProven({ checks }: WindowRun): ReportSection[] {
  const open = checks.filter(({ status }) => status === 'not proven');
  if (open.length === 0) return [];
  return [
    {
      title: 'Not proven',
      lines: open.map(
        ({ name, got, answer }) => `${name}: ${got}${answer === undefined ? '' : `; ${answer}`}`,
      ),
    },
  ];
}

function imageLine({ service, image, oldId, newId, how, note }: PreparedImage): string {
  const what =
    how === 'unchanged'
      ? `${image} stays ${short(oldId)}`
      : `${image} ${short(oldId)} → ${short(newId)} (${how})`;
  return `${service}: ${what}${note === null ? '' : `; ${note}`}`;
}

function short(imageId: string): string {
  // In a dry run nothing was built: there is only the name that it would get.
  return imageId.startsWith('sha256:') ? imageId.slice(7, 19) : 'a new image';
}
