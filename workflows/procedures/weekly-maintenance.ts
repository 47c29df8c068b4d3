import type { RunReport } from '../contracts/report.ts';
import type { Approvals, WeeklyOrders } from '../contracts/weekly-plan.ts';
import { change, control, read, undoWith } from '../engine/calls.ts';
import { cutOverForGood } from '../engine/cut-over-for-good.ts';
import { RunEnds } from '../engine/failure.ts';
import { holdHost } from '../engine/find-host.ts';
import { type CommonInput, gateInput } from '../engine/input.ts';
import { goesLaterWay } from '../engine/later-change.ts';
import { lookFromOutside } from '../engine/look-from-outside.ts';
import { orNotProven } from '../engine/not-proven.ts';
import { defineProcedure } from '../engine/procedure.ts';
import type { Run } from '../engine/run.ts';
import { runProcedure } from '../engine/run-procedure.ts';
import { startedBySchedule } from '../engine/scheduled.ts';
import { watchForErrors } from '../engine/watch-for-errors.ts';
import { backupSettings, proveBackup } from './steps/backup.ts';
import {
  bundleSettings,
  bundleStep,
  surveyAndBundle,
  surveyBundleStep,
} from './steps/configuration-bundle.ts';
import {
  cleanUpDocker,
  cleanUpDockerSteps,
  leaveDocker,
  planCleanUpStep,
  whyLeftAlone,
} from './steps/docker-clean-up.ts';
import { healthSettings } from './steps/health.ts';
import { blockStartStep, unblockStartStep } from './steps/hold-start.ts';
import { announceEndStep } from './steps/last-steps.ts';
import { tidyDatabaseSteps } from './steps/optimize.ts';
import { leaveLogs, planRotationStep, rotateLogs, rotateLogsSteps } from './steps/rotate-logs.ts';
import { scanImages, scanImagesStep, scanSettings } from './steps/scan-images.ts';
import { tellSecurityUpdates } from './steps/security-updates.ts';
import { WEEKLY_ANEW } from './steps/weekly-anew.ts';
import {
  approvalLines,
  chooseWork,
  planSections,
  type WeeklyFindings,
  type WeeklyWork,
} from './weekly-maintenance-plan.ts';

export interface WeeklyMaintenanceInput extends CommonInput {
  readonly approvalTimeoutSeconds?: number;
  readonly watchSeconds?: number;
}

export const weeklyMaintenanceProcedure = defineProcedure({
  type: 'weeklyMaintenance',
  title: 'Weekly maintenance',
  section: 'Routine Operations / Weekly Maintenance',
  summary:
    'Upgrades packages, removes what nothing in Docker uses, tidies the database, rotates logs and scans images; with users served as far as that goes. A person approves the plan; a scheduled run does what the schedule names as approved beforehand, and lists the rest.',
  beyond:
    'Removes by exact id what nothing uses, tidies the database with users served where the lock measured on a copy is short, and proves that logging goes on; a scheduled run does only what was approved beforehand, by whom and why.',
  mutating: true,
  givesWay: true,
  safeState: 'as before: FDTS serves, with the data that users left',
  input: {
    ...gateInput,
    watchSeconds: {
      type: 'seconds',
      describe: 'how long errors are watched at the end; default: maintenance.watch of the host',
      example: 60,
    },
  },
  settings: [
    'schedules.weeklyMaintenance.approvedBeforehand.packages',
    'schedules.weeklyMaintenance.approvedBeforehand.docker',
    'schedules.weeklyMaintenance.approvedBeforehand.database',
    'schedules.weeklyMaintenance.approvedBeforehand.logs',
    'schedules.weeklyMaintenance.approvedBeforehand.stop',
    'maintenance.approvalTimeout',
    'maintenance.stopTimeout',
    'maintenance.healthTimeout',
    'maintenance.watch',
    'maintenance.packages.upgrade',
    'maintenance.packages.hold',
    'weekly.unusedFor',
    'weekly.longestLock',
    'weekly.gainPercent',
    'weekly.appSqlite',
    'weekly.logrotate',
    ...scanSettings,
    ...healthSettings,
    ...backupSettings,
    ...bundleSettings,
  ],
  steps: {
    'check-calendar': { kind: 'check', title: 'See whether the monthly window is on this day' },
    'survey-host': { kind: 'check', title: 'Check the host, the app and the backups', expectedSeconds: 5 },
    'prepare-packages': {
      kind: 'change',
      title: 'Download package upgrades',
      paper: 'Weekly 1. apt update',
      changes: 'refreshes the package lists and fills the package cache; installs nothing',
      undo: 'not needed: the cache changes nothing that runs',
      onFailure: 'ask',
      byHand: WEEKLY_ANEW,
    },
    'list-upgrades': {
      kind: 'check',
      title: 'List the upgrades that the package lists offer',
      paper: 'Weekly 5. apt list --upgradable',
    },
    ...planCleanUpStep,
    'plan-database': {
      kind: 'check',
      title: 'Measure on a copy how the database is tidied',
      paper: 'Weekly 3. VACUUM, ANALYZE',
    },
    ...planRotationStep,
    'approve-plan': { kind: 'gate', title: 'A person approves the plan' },
    'confirm-plan': { kind: 'check', title: 'See that the approved plan still holds', expectedSeconds: 2 },
    'install-packages': {
      kind: 'change',
      title: 'Install the package upgrades',
      paper: 'Weekly 1. apt upgrade',
      changes:
        'exactly the planned versions; changed configuration files stay, restarts of Docker are put off',
      undo: 'lets it end, repairs what was cut off, starts what it stopped; packages are not downgraded',
    },
    ...cleanUpDockerSteps,
    'clean-up-docker': {
      ...cleanUpDockerSteps['clean-up-docker'],
      onFailure: 'ask-or-skip',
      byHand: WEEKLY_ANEW,
    },
    'optimize-live': {
      kind: 'change',
      title: 'Tidy the database with the app live',
      paper: 'Weekly 3. VACUUM, ANALYZE',
      changes: 'VACUUM whole or in slices, ANALYZE; each in a transaction of SQLite',
      undo: 'not needed: the content is the same',
      onFailure: 'ask-or-skip',
      byHand: WEEKLY_ANEW,
    },
    ...rotateLogsSteps,
    'check-serving': { kind: 'check', title: 'See that FDTS serves' },
    'back-up': {
      kind: 'change',
      title: 'Back up before the stop',
      changes: 'one new archive with its manifest',
      undo: 'not needed: a backup is kept',
      onFailure: 'ask',
    },
    'verify-backup': { kind: 'check', title: 'Prove the backup by restoring it into scratch' },
    ...surveyBundleStep,
    ...bundleStep,
    ...blockStartStep,
    'stop-services': {
      kind: 'change',
      title: 'Stop the services (users are shut out)',
      changes: 'stops the proxy, the app and whatever else uses the data folder',
      undo: 'starts the same containers again and waits until they are healthy',
    },
    ...tidyDatabaseSteps,
    'optimize-database': {
      ...tidyDatabaseSteps['optimize-database'],
      paper: 'Weekly 3. VACUUM, ANALYZE',
    },
    'restart-deferred': {
      kind: 'change',
      title: 'Restart what the upgrade put off',
      paper: 'Weekly 1. apt upgrade',
      changes: 'restarts Docker or the worker when an upgrade asked for it',
      undo: 'not needed',
    },
    'start-app': {
      kind: 'change',
      title: 'Start the app again (users still shut out)',
      changes: 'starts the container that ran before',
      undo: 'stops it',
    },
    'smoke-test': {
      kind: 'change',
      title: 'Check health, login, upload and download',
      changes: 'one small test file, removed again',
      undo: 'not needed',
    },
    'cut-over': {
      kind: 'change',
      title: 'Let users in (point of no return)',
      changes: 'starts the proxy and the other services',
      undo: 'from here users write: nothing is taken back',
    },
    ...unblockStartStep,
    'look-from-outside': { kind: 'check', title: 'See it from outside' },
    ...scanImagesStep,
    watch: { kind: 'check', title: 'Watch for errors' },
    ...announceEndStep,
  },
});

type WeeklyRun = Run<typeof weeklyMaintenanceProcedure.steps>;

/** The weekly maintenance: side by side with its section, users served wherever that can be. */
export async function weeklyMaintenance(input?: WeeklyMaintenanceInput): Promise<RunReport> {
  return runProcedure(
    weeklyMaintenanceProcedure,
    input,
    async (run, options) => {
      const orders = await checkCalendar(run);
      run.asksNobody = startedBySchedule() !== null && goesLaterWay('schedule-asks-nobody');
      if (run.host !== null) run.host = await holdHost(run, run.host);
      const found = await look(run, startedBySchedule() === null ? null : orders.approvedBeforehand);
      run.failureWaitSeconds = options.approvalTimeoutSeconds ?? found.survey.approvalTimeoutSeconds;
      const work = chooseWork(found);
      await approve(run, found, work, orders);
      await workWhileServing(run, found, work);
      if (work.stop === null) skipStop(run);
      else await workInShortStop(run, found, work.stop);
      await lookAfterwards(run, found, options.watchSeconds ?? found.survey.watchSeconds);
      reportLeft(run, found, work);
    },
    { holdsLater: () => true },
  );
}

/** Before the hold is taken: the monthly window starts at the same minute, includes these steps, and goes first. */
async function checkCalendar(run: WeeklyRun): Promise<WeeklyOrders> {
  const call = control.weeklyOrders({ host: run.host?.name ?? '', at: run.startedAt });
  const orders = await run.checkBy('check-calendar', () => run.readFromControl(call, 'check-calendar'));
  if (startedBySchedule() !== null && orders.windowToday !== null)
    throw new RunEnds(
      'completed',
      `nothing was done: the monthly window is on this day (${orders.windowToday}) and includes the weekly steps`,
    );
  return orders;
}

async function look(run: WeeklyRun, approvals: Approvals | null): Promise<WeeklyFindings> {
  const survey = await run.check('survey-host', read.surveyWeekly({}));
  run.verify(survey.checks, 'refused');
  const offered = await findUpgrades(run, survey.upgradePackages, approvals);
  const cleanUp = await run.check('plan-clean-up', read.planDockerCleanUp({}));
  const database = await run.check('plan-database', read.planDatabase({}));
  const rotation = await run.check('plan-rotation', read.planRotation({}));
  run.verify(rotation.checks, 'report');
  return { survey, ...offered, cleanUp, database, rotation, approvals };
}

async function findUpgrades(
  run: WeeklyRun,
  isWanted: boolean,
  approvals: Approvals | null,
): Promise<Pick<WeeklyFindings, 'upgrades' | 'downloaded'>> {
  if (!isWanted) {
    for (const step of ['prepare-packages', 'list-upgrades'] as const)
      run.skip(step, 'switched off in the configuration (maintenance.packages.upgrade)');
    return { upgrades: [], downloaded: false };
  }
  if (approvals !== null && approvals.packages === null) {
    run.skip(
      'prepare-packages',
      'not approved beforehand: the package lists are read as they were last fetched',
    );
    return { ...(await run.check('list-upgrades', read.listUpgrades({}))), downloaded: false };
  }
  // The rest of the week's work needs no package: where nobody is asked, it goes on without them.
  const unasked = run.asksNobody ? ({ unasked: 'left out' } as const) : {};
  const prepared = await run.tryChange('prepare-packages', change.preparePackages({}), unasked);
  if (prepared === undefined)
    return { ...(await run.check('list-upgrades', read.listUpgrades({}))), downloaded: false };
  run.skip('list-upgrades', 'they were downloaded');
  return { upgrades: prepared.upgrades, downloaded: true };
}

/** A person is asked; a scheduled run says by whose word it acts. */
async function approve(
  run: WeeklyRun,
  found: WeeklyFindings,
  work: WeeklyWork,
  orders: WeeklyOrders,
): Promise<void> {
  const plan = planSections(found, work);
  if (found.approvals !== null) {
    run.section('Approved beforehand', approvalLines(found.approvals));
    for (const { title, lines } of plan) run.section(`Plan: ${title}`, lines);
    run.skip('approve-plan', 'started by the schedule: only what it names as approved beforehand is done');
    run.skip('confirm-plan', 'nobody was waited for');
    return;
  }
  const { windowToday } = orders;
  await run.gate('approve-plan', {
    question:
      windowToday === null
        ? 'Approve to do what the plan lists.'
        : `The monthly window is on this day (${windowToday}) and includes this. Approve to do what the plan lists now.`,
    plan,
    timeoutSeconds: run.failureWaitSeconds,
  });
  const { services, projectFiles } = found.survey;
  const differences = await run.check(
    'confirm-plan',
    read.comparePlan({ services, projectFiles, upgrades: found.upgrades }),
    { says: 'a real run compares the host with the approved plan', result: { host: [], packages: [] } },
  );
  const changed = [...differences.host, ...differences.packages];
  if (changed.length > 0)
    throw new RunEnds('rolled-back', `changed since the plan was made: ${changed.join(', ')}; start again`);
}

/** The runbook's steps 1 to 4, as far as nobody has to be shut out for them. */
async function workWhileServing(run: WeeklyRun, found: WeeklyFindings, work: WeeklyWork): Promise<void> {
  const { upgrades } = work;
  const services = found.survey.startOrder;
  const undo = undoWith('Bring FDTS back where it was disturbed', change.bringBack({ upgrades, services }));
  if (upgrades.length === 0) run.skip('install-packages', noneOr(found.upgrades.length));
  else {
    const installed = await run.change('install-packages', change.installPackages({ upgrades }), { undo });
    run.section('Packages', installed.lines);
  }
  const leftAlone = work.cleansDocker ? whyLeftAlone(found.cleanUp) : NOT_APPROVED;
  if (leftAlone !== null) leaveDocker(run, leftAlone);
  else {
    await cleanUpDocker(run, work.things, {
      ...(upgrades.length === 0 ? { undo } : {}),
      // Nobody is there to be asked, and nothing that follows needs it.
      ...(found.approvals === null ? {} : { unasked: 'left out' }),
    });
  }
  if (work.live === null) run.skip('optimize-live', found.database.because);
  else {
    const tidied = await run.tryChange('optimize-live', change.optimizeLive({ way: work.live }));
    run.verify(tidied?.checks ?? [], 'report');
    run.section('Database', [found.database.because, ...(tidied?.lines ?? ['the step was left out'])]);
  }
  const { rotation } = found;
  if (work.rotates) await rotateLogs(run, rotation);
  else leaveLogs(run, rotation.files.length === 0 ? 'no logs can be rotated' : 'not approved beforehand');
  const serving = await run.check('check-serving', read.checkServing({ services }), {
    says: 'known only at run time',
    result: { checks: [] },
  });
  run.verify(serving.checks, 'rolled-back');
}

/** What cannot be done with users served: a VACUUM that takes long, a restart of Docker. */
async function workInShortStop(
  run: WeeklyRun,
  { survey, database }: WeeklyFindings,
  stop: NonNullable<WeeklyWork['stop']>,
): Promise<void> {
  const backup = await run.change('back-up', change.makeBackup({}));
  const { archive, source } = backup;
  await proveBackup(run, backup, 'rolled-back');
  await surveyAndBundle(run, backup);
  run.section('Backup', [`${archive}, ${backup.bytes} bytes, sha256 ${backup.sha256}`, ...backup.warnings]);
  const policies = survey.services.map(({ service, restartPolicy }) => ({ service, policy: restartPolicy }));
  const services = survey.startOrder;
  const startAll = change.startAsTheyAre({ services, verify: true });
  await run.change('block-start', change.blockStart({}), {
    undo: undoWith('Let FDTS start itself again', change.unblockStart({ policies })),
  });
  run.shutUsersOut();
  await run.change('stop-services', change.stopServices({ services: survey.stopOrder }), {
    undo: undoWith('Start the services as they were', startAll),
  });
  await run.change('settle-database', change.settleDatabase({}));
  if (!stop.vacuum) run.skip('optimize-database', 'it was tidied with the app live, or is left alone');
  else {
    const tidied = await run.change('optimize-database', change.optimizeDatabase({}), {
      undo: undoWith('Move the original database back', change.restoreDatabase({ archive, source })),
    });
    run.section('Database', [database.because, ...tidied.lines]);
  }
  if (!stop.restart) run.skip('restart-deferred', 'no upgrade put a restart off');
  else await run.change('restart-deferred', change.restartDeferred({}));
  await run.change('start-app', change.startAsTheyAre({ services: [survey.app], verify: true }), {
    undo: undoWith('Stop the app', change.stopServices({ services: [survey.app] })),
  });
  const smoke = await run.change('smoke-test', change.smokeTest({ startNothing: true }));
  run.verify(smoke.checks, 'rolled-back');
  await cutOverForGood(run, {
    services,
    policies,
    open: startAll,
    besides: [],
    because: 'users are let in: taking the database back would lose what they write',
  });
}

const STOP_STEPS = [
  'back-up',
  'verify-backup',
  'survey-bundle',
  'bundle-configuration',
  'block-start',
  'stop-services',
  'settle-database',
  'optimize-database',
  'restart-deferred',
  'start-app',
  'smoke-test',
  'cut-over',
  'unblock-start',
] as const;

function skipStop(run: WeeklyRun): void {
  for (const step of STOP_STEPS) run.skip(step, 'nothing needs a stop');
}

/** The runbook's step 5, and what closes every procedure. */
async function lookAfterwards(
  run: WeeklyRun,
  { survey }: WeeklyFindings,
  watchSeconds: number,
): Promise<void> {
  await orNotProven(run, 'seen from outside the host', async () => {
    const serving = await run.check('look-from-outside', read.checkServing({ services: survey.startOrder }), {
      says: 'known only at run time',
      result: { checks: [] },
    });
    run.verify(serving.checks, 'report');
    await lookFromOutside(run);
  });
  await scanImages(run);
  await watchForErrors(run, watchSeconds, 'Errors meanwhile');
  await run.tryChange(
    'announce-end',
    change.announce({
      key: 'end',
      subject: 'weekly maintenance is over',
      text: 'FDTS serves; the report is on the host.',
    }),
  );
}

/** What a person has to know of at the end: the list of security updates, and what nobody was there to approve. */
function reportLeft(run: WeeklyRun, found: WeeklyFindings, work: WeeklyWork): void {
  tellSecurityUpdates(run, found.upgrades, {
    left: ({ name }) => !work.upgrades.some((installed) => installed.name === name),
    answer: 'fdts-ops start weeklyMaintenance, which asks for an approval',
  });
  run.section('Left to do', work.left);
}

const NOT_APPROVED = 'not approved beforehand: see "Left to do"';

function noneOr(offered: number): string {
  return offered === 0 ? 'no upgrades' : 'not now: see "Left to do"';
}
