import {
  EMERGENCY_CHANGES,
  type EmergencyChange,
  type EmergencySurvey,
  packageNames,
} from '../contracts/emergency-plan.ts';
import type { RunReport } from '../contracts/report.ts';
import type { SchemaBefore } from '../contracts/schema-of.ts';
import type { BackupMade, PackageUpgrade, PreparedImage } from '../contracts/window-plan.ts';
import { change, read, undoWith } from '../engine/calls.ts';
import { cleanUpAside } from '../engine/clean-up.ts';
import { confirmHost } from '../engine/confirm-host.ts';
import { cutOverForGood } from '../engine/cut-over-for-good.ts';
import { RunEnds } from '../engine/failure.ts';
import { type CommonInput, gateInput } from '../engine/input.ts';
import { goesLaterWay } from '../engine/later-change.ts';
import { lookFromOutside } from '../engine/look-from-outside.ts';
import { orFailed, orNotProven } from '../engine/not-proven.ts';
import { defineProcedure } from '../engine/procedure.ts';
import type { Run } from '../engine/run.ts';
import { runProcedure } from '../engine/run-procedure.ts';
import {
  changeLines,
  type EmergencyPlan,
  leftToDo,
  planSections,
  stopsFor,
} from './emergency-maintenance-plan.ts';
import { backupSettings, copyBackup, proveBackup, tellBackup } from './steps/backup.ts';
import {
  bundleSettings,
  bundleStep,
  surveyAndBundle,
  surveyBundleStep,
} from './steps/configuration-bundle.ts';
import { blockStartStep, unblockStartStep } from './steps/hold-start.ts';
import { announceEndStep, cleanUpStep } from './steps/last-steps.ts';
import { runningServices } from './steps/running-services.ts';
import {
  compareSchemaStep,
  cutOverToImages,
  orPersonDecides,
  servesAfterCutOver,
} from './steps/serves-after-cut-over.ts';

export interface EmergencyMaintenanceInput extends CommonInput {
  readonly urgency: 'critical' | 'high' | 'moderate';
  readonly impact: string;
  readonly change: EmergencyChange['kind'];
  readonly what: string;
  readonly service?: string;
  readonly approvalTimeoutSeconds?: number;
  readonly watchSeconds?: number;
}

export const emergencyMaintenanceProcedure = defineProcedure({
  type: 'emergencyMaintenance',
  title: 'Emergency maintenance',
  section: 'Maintenance Procedures / Emergency Maintenance',
  summary:
    'Makes one small change that cannot wait for a window: an image, named packages, or a script of the host. After an approval, with a proven backup and the database set aside; checked before users are let in, watched closely afterwards, and taken back by itself as far as that goes.',
  beyond:
    'Asks for urgency and impact, makes one change from what the host allows, with a proven backup and the database set aside, and takes it back by itself as far as that goes; its report is the documentation.',
  mutating: true,
  safeState: 'as before: without an approval nothing is stopped or changed',
  input: {
    urgency: {
      type: 'choice',
      oneOf: ['critical', 'high', 'moderate'],
      required: true,
      describe: 'how urgent it is; it stands in the gate and the report',
      example: 'critical',
    },
    impact: {
      type: 'text',
      required: true,
      describe: 'what users meet, and what happens without the change; no secrets and no personal data',
      example: 'every upload fails since 14:10',
    },
    change: {
      type: 'choice',
      oneOf: EMERGENCY_CHANGES,
      required: true,
      describe:
        'what is changed: the image of a service, packages of the host, or what a script of the host does',
      example: 'image',
    },
    what: {
      type: 'text',
      required: true,
      describe:
        'for image: its name with a tag, of a repository in emergency.images; for packages: names of installed ones; for script: the name of a file in emergency.scripts',
      example: 'registry.example.org/fdts/app:1.2.4',
    },
    service: {
      type: 'text',
      describe: 'for image: the service that gets it; default: services.app of the host',
      example: 'app',
    },
    ...gateInput,
    watchSeconds: {
      type: 'seconds',
      describe: 'how long FDTS is watched closely afterwards; default: emergency.watch of the host',
      example: 300,
    },
  },
  settings: [
    'emergency.images',
    'emergency.scripts',
    'emergency.scriptTimeout',
    'emergency.watch',
    'maintenance.approvalTimeout',
    'maintenance.stopTimeout',
    'maintenance.healthTimeout',
    'maintenance.rollbackRetention',
    'maintenance.packages.hold',
    'maintenance.images.pull',
    'services.app',
    ...backupSettings,
    ...bundleSettings,
  ],
  steps: {
    'survey-emergency': {
      kind: 'check',
      title: 'Check the host, the change and what users meet',
      paper: '1. assess',
      expectedSeconds: 5,
    },
    'prepare-packages': {
      kind: 'change',
      title: 'Download the named packages with what they need',
      paper: '3. minimal changes',
      changes: 'refreshes the package lists and fills the package cache; installs nothing',
      undo: 'not needed: the cache changes nothing that runs',
      onFailure: 'ask',
      expectedSeconds: 30,
    },
    'prepare-images': {
      kind: 'change',
      title: 'Get the new image, and keep those that run',
      paper: '3. minimal changes',
      changes: "images and tags of the run; no service's tag moves",
      undo: 'removes the names of the run',
      onFailure: 'ask',
      expectedSeconds: 30,
    },
    'approve-change': { kind: 'gate', title: 'A person approves the change', paper: '1. assess' },
    'confirm-plan': { kind: 'check', title: 'See that the approved plan still holds', expectedSeconds: 2 },
    'confirm-script': { kind: 'check', title: 'See that the script is the approved one', expectedSeconds: 1 },
    'back-up': {
      kind: 'change',
      title: 'Back up while the app runs',
      paper: '2. emergency backup',
      changes: 'one new archive with its manifest',
      undo: 'not needed: a backup is kept',
      onFailure: 'ask',
      expectedSeconds: 20,
    },
    'verify-backup': {
      kind: 'check',
      title: 'Prove the backup by restoring it into scratch',
      paper: '2. emergency backup',
    },
    'copy-backup': {
      kind: 'change',
      title: 'Copy the backup to external storage',
      paper: '2. emergency backup',
      changes: 'one file and its manifest on the external storage',
      undo: 'not needed: a backup is kept',
      onFailure: 'ask-or-skip',
      expectedSeconds: 10,
    },
    ...surveyBundleStep,
    ...bundleStep,
    ...blockStartStep,
    'stop-services': {
      kind: 'change',
      title: 'Stop the services (users are shut out)',
      changes: 'stops the proxy, the app and whatever else uses the data',
      undo: 'starts those that ran before; where the app was healthy, proves that it is again',
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
    'set-database-aside': {
      kind: 'change',
      title: 'Set the database aside as users left it',
      changes: 'a copy takes its place, the same byte for byte; the original lies aside untouched',
      undo: 'moves the original back',
      expectedSeconds: 5,
    },
    'switch-images': {
      kind: 'change',
      title: 'Switch to the approved images',
      paper: '3. minimal changes',
      changes:
        "the services' tags: to the new image for the one that is changed, to what runs for the others",
      undo: 'moves the tags to the images that ran',
      expectedSeconds: 2,
    },
    'install-packages': {
      kind: 'change',
      title: 'Install the packages',
      paper: '3. minimal changes',
      changes: 'exactly the approved versions; changed configuration files stay',
      undo: 'lets it end and repairs what was cut off; packages are not downgraded',
      expectedSeconds: 60,
    },
    'restart-deferred': {
      kind: 'change',
      title: 'Restart what the upgrade put off',
      changes: 'restarts Docker or the worker when an upgrade asked for it',
      undo: 'not needed',
      expectedSeconds: 15,
    },
    'run-script': {
      kind: 'change',
      title: 'Run the script, once',
      paper: '3. minimal changes',
      changes: 'whatever the script changes, as root',
      undo: 'waits for its end and stops what it started of FDTS; what else it did STAYS',
      expectedSeconds: 60,
    },
    'start-app': {
      kind: 'change',
      title: 'Start the app with the change (users still shut out)',
      changes: 'recreates the containers that change, and starts the app alone',
      undo: 'stops it',
      expectedSeconds: 20,
    },
    'smoke-test': {
      kind: 'change',
      title: 'Check health, login, upload and download',
      paper: '4. test',
      changes: 'one small test file, removed again',
      undo: 'covered by the list of uploads',
      expectedSeconds: 5,
    },
    'cut-over': {
      kind: 'change',
      title: 'Let users in (point of no return)',
      changes: 'starts the proxy and the other services',
      undo: 'from here users write: only a changed image is taken back, never the database',
      expectedSeconds: 10,
    },
    ...unblockStartStep,
    'look-from-outside': { kind: 'check', title: 'See it from outside', paper: '4. test' },
    ...compareSchemaStep,
    watch: { kind: 'check', title: 'Watch it closely', paper: '5. monitor' },
    ...cleanUpStep,
    ...announceEndStep,
  },
});

type EmergencyRun = Run<typeof emergencyMaintenanceProcedure.steps>;

/** A small change that cannot wait: side by side with its section of the runbook. Its report is the documentation. */
export async function emergencyMaintenance(input?: EmergencyMaintenanceInput): Promise<RunReport> {
  return runProcedure(emergencyMaintenanceProcedure, input, async (run, options) => {
    const { urgency = 'moderate', impact = '', change: kind = 'image', what = '' } = options;
    const wanted: EmergencyChange = { kind, what, service: options.service ?? null };
    run.section('Assessment', [`urgency: ${urgency}`, `impact: ${impact}`]);
    const survey = await run.check('survey-emergency', read.surveyEmergency(wanted));
    run.verify(survey.checks, 'refused');
    run.section('What users met before', survey.users);
    run.failureWaitSeconds = options.approvalTimeoutSeconds ?? survey.approvalTimeoutSeconds;
    const watchSeconds = options.watchSeconds ?? survey.watchSeconds;

    const upgrades = await preparePackages(run, wanted);
    const stops = stopsFor(wanted, upgrades);
    const images = await prepareImages(run, wanted, survey, stops);
    const plan: EmergencyPlan = { urgency, impact, wanted, survey, images, upgrades, stops, watchSeconds };
    await run.gate('approve-change', {
      question: stops
        ? 'Approve to back up, stop FDTS, make this one change, and start again.'
        : 'Approve to back up and make this one change, with users served.',
      plan: planSections(plan, run.checks),
      timeoutSeconds: run.failureWaitSeconds,
    });
    await confirm(run, plan);
    const backup = await run.change('back-up', change.makeBackup({}));
    await proveBackup(run, backup, 'rolled-back');
    await copyBackup(run, backup);
    await surveyAndBundle(run, backup);
    tellBackup(run, backup);
    // A backup may take long: nobody is shut out for a plan that does not hold any more.
    await confirm(run, plan);

    run.section('Change', changeLines(plan));
    const made = stops ? await changeInStop(run, plan, backup) : await changeWhileServing(run, plan);
    await lookAfterwards(run, plan, made);
    run.section('Left to do', leftToDo(plan));
  });
}

async function prepareImages(
  run: EmergencyRun,
  { kind, what, service }: EmergencyChange,
  { app }: EmergencySurvey,
  stops: boolean,
): Promise<readonly PreparedImage[]> {
  if (!stops) {
    run.skip('prepare-images', 'FDTS is not stopped: its images stay');
    return [];
  }
  const wanted = kind === 'image' ? { service: service ?? app, image: what } : null;
  const images = await run.change('prepare-images', change.prepareEmergencyImages({ change: wanted }), {
    undo: undoWith('Remove the prepared image names', change.removePreparedImages({})),
  });
  if (wanted !== null && images.every(({ oldId, newId }) => oldId === newId))
    throw new RunEnds('refused', `${wanted.service} runs ${what} already: there is nothing to change`, {
      onlyPrepared: true,
    });
  return images;
}

async function preparePackages(
  run: EmergencyRun,
  { kind, what }: EmergencyChange,
): Promise<readonly PackageUpgrade[]> {
  if (kind === 'packages') {
    const names = packageNames(what);
    return (await run.change('prepare-packages', change.prepareNamedPackages({ names }))).upgrades;
  }
  run.skip('prepare-packages', 'no packages are changed');
  return [];
}

/** @throws RunEnds when somebody else changed the host or the script since the plan was made. */
async function confirm(run: EmergencyRun, { survey, images }: EmergencyPlan): Promise<void> {
  const ids = [...new Set(images.flatMap(({ oldId, newId }) => [oldId, newId]))];
  await confirmHost(run, { ...survey, images: ids });
  const { script } = survey;
  if (script === null) return run.skip('confirm-script', 'no script is run');
  const now = await run.check('confirm-script', read.lookAtScript({ name: script.name }));
  if (now.script?.sha256 === script.sha256) return;
  throw new RunEnds(
    'rolled-back',
    `the script is not the one that was approved: ${now.check.got}, expected sha256 ${script.sha256}; start again`,
  );
}

/** What becomes of the change when FDTS does not serve with it. */
interface Made {
  /** Whether what follows can still take it back by itself. */
  readonly isTakenBack: boolean;
  /** Of an image that may have changed it: the schema of before. */
  readonly schema: SchemaBefore | null;
  /** What kept users from being let in; null when nothing did. */
  readonly notLetIn: string | null;
}

const STAYS: Made = { isTakenBack: false, schema: null, notLetIn: null };

async function changeInStop(
  run: EmergencyRun,
  plan: EmergencyPlan,
  { archive, source }: Pick<BackupMade, 'archive' | 'source'>,
): Promise<Made> {
  const { survey, images } = plan;
  await takeDown(run, survey);
  const aside = await run.change('set-database-aside', change.setDatabaseAside({}), {
    undo: undoWith('Move the original database back', change.restoreDatabase({ archive, source })),
  });
  run.section('Database', aside.lines);
  // Also those that stay: somebody may have moved a tag, to an image that nobody approved.
  const ran = images.map(({ image, oldId: id }) => ({ image, id }));
  const approved = images.map(({ image, newId: id }) => ({ image, id }));
  await run.change('switch-images', change.switchImages({ images: approved }), {
    undo: undoWith('Move the image tags back', change.switchImages({ images: ran })),
  });
  await installInStop(run, plan);
  await runScript(run, plan);
  const start = change.startServices({ services: [survey.app], make: survey.startOrder, verify: true });
  await run.change('start-app', start, {
    undo: undoWith('Stop the app', change.stopServices({ services: [survey.app] })),
  });
  const smoke = await run.change('smoke-test', change.smokeTest({}));
  run.verify(smoke.checks, 'rolled-back');
  run.section('App version', [`now: ${smoke.version ?? 'not known'}`]);
  return cutOver(run, plan);
}

async function takeDown(run: EmergencyRun, survey: EmergencySurvey): Promise<void> {
  const { policies, stopOrder, ranBefore, wasHealthy } = survey;
  await run.change('block-start', change.blockStart({}), {
    undo: undoWith('Let FDTS start itself again', change.unblockStart({ policies })),
  });
  run.shutUsersOut();
  await run.change('stop-services', change.stopServices({ services: stopOrder }), {
    undo: undoWith('Start what ran before', change.startAsBefore({ services: ranBefore, wasHealthy })),
  });
  await run.change('settle-database', change.settleDatabase({}));
  await run.change('note-uploads', change.noteUploads({}), {
    undo: undoWith('Move files that came after the stop aside', change.setAsideNewUploads({})),
  });
}

async function installInStop(run: EmergencyRun, { upgrades }: EmergencyPlan): Promise<void> {
  if (upgrades.length === 0) {
    for (const step of ['install-packages', 'restart-deferred'] as const)
      run.skip(step, 'no packages are changed');
    return;
  }
  const installed = await run.change('install-packages', change.installPackages({ upgrades }), {
    undo: undoWith(
      'Let the package upgrade end and repair what was cut off',
      change.settlePackages({ upgrades }),
    ),
  });
  run.section('Packages', installed.lines);
  await run.change('restart-deferred', change.restartDeferred({}));
}

async function runScript(run: EmergencyRun, { survey }: EmergencyPlan): Promise<void> {
  const { script, scriptSeconds: seconds, stopOrder: services } = survey;
  if (script === null) return run.skip('run-script', 'no script is run');
  const approved = { script, seconds, services };
  const ran = await run.change('run-script', change.runScript(approved), {
    undo: undoWith('Wait for the end of the script, and stop what it started', change.endScript(approved)),
  });
  run.section('Script', ran.lines);
}

/** Lets users in. From here only an image goes back, and only where what was before it worked. */
async function cutOver(run: EmergencyRun, { wanted, survey, images }: EmergencyPlan): Promise<Made> {
  const { policies, schemaHash, userVersion } = survey;
  const services = servicesAfter(wanted, survey, images);
  if (wanted.kind !== 'image' || !survey.wasServing || schemaHash === null) {
    const because = 'users are being let in: from here nothing is taken back by itself';
    await cutOverForGood(run, { services, policies, besides: [], because });
    return STAYS;
  }
  const schema = { schemaHash, userVersion };
  const notLetIn = await cutOverToImages(run, {
    because: 'users are being let in: from here a rollback of the data would lose what they write',
    services,
    policies,
    images,
    schema,
    wayBack: 'Go back to the old image, with the current database',
  });
  // A run of an earlier version goes on as it began.
  return { isTakenBack: true, schema: goesLaterWay('emergency-asks') ? schema : null, notLetIn };
}

/**
 * What runs once the change is made: what ran before, and the service that it is for. Another one that gets the same image
 * and had ended (a migration), or that somebody stopped, is left as it is.
 */
function servicesAfter(
  { kind, service }: EmergencyChange,
  { startOrder, services, app }: EmergencySurvey,
  images: readonly PreparedImage[],
): readonly string[] {
  const ran = runningServices(services);
  const target = kind === 'image' ? (service ?? app) : null;
  const moving = images
    .filter(({ oldId, newId }) => oldId !== newId)
    .map((image) => image.service)
    .filter((name) => ran.includes(name) || name === target);
  return [...new Set([...startOrder, ...moving])];
}

/** Packages that FDTS does not run on: nobody has to be shut out for them. */
async function changeWhileServing(run: EmergencyRun, { upgrades, survey }: EmergencyPlan): Promise<Made> {
  for (const step of STOP_STEPS) run.skip(step, 'nothing needs a stop');
  const back = survey.wasHealthy
    ? change.bringBack({ upgrades, services: survey.ranBefore })
    : change.settlePackages({ upgrades, keepServing: true });
  const installed = await run.change('install-packages', change.installPackages({ upgrades }), {
    undo: undoWith('Let the package upgrade end, and bring FDTS back where it was disturbed', back),
  });
  run.section('Packages', installed.lines);
  const smoke = await run.change('smoke-test', change.smokeTest({ startNothing: true }));
  run.verify(smoke.checks, 'rolled-back');
  return { ...STAYS, isTakenBack: survey.wasServing };
}

const STOP_STEPS = [
  'block-start',
  'stop-services',
  'settle-database',
  'note-uploads',
  'set-database-aside',
  'switch-images',
  'restart-deferred',
  'run-script',
  'start-app',
  'cut-over',
  'unblock-start',
] as const;

/** What is seen to be bad takes the change back as far as that goes, or asks a person; else it is told. */
async function lookAfterwards(run: EmergencyRun, plan: EmergencyPlan, made: Made): Promise<void> {
  const { schema, notLetIn } = made;
  if (schema === null) {
    await look(run, plan, made);
    await watchIt(run, plan, made);
  } else {
    const services = servicesAfterwards(plan);
    if (!(await servesAfterCutOver(run, services, { schema, notLetIn }))) return;
    const watched = await orPersonDecides(run, { schema, notLetIn: null }, () => watchIt(run, plan, made));
    if (!watched) return;
  }
  await cleanUpAside(run);
  await run.tryChange(
    'announce-end',
    change.announce({
      key: 'end',
      subject: 'an emergency change was made',
      text: 'The report on the host says what was changed, and what is left to do.',
    }),
  );
}

async function look(run: EmergencyRun, plan: EmergencyPlan, { isTakenBack }: Made): Promise<void> {
  const services = servicesAfterwards(plan);
  const see = async () => {
    const dryRun = { says: 'known only at run time', result: { checks: [] } };
    const serving = await run.check('look-from-outside', read.checkServing({ services }), dryRun);
    run.verify(serving.checks, onFail(isTakenBack));
  };
  if (isTakenBack) await see();
  else await orFailed(run, { name: 'FDTS serves', answer: 'fdts-ops start applicationDown' }, see);
}

async function watchIt(run: EmergencyRun, plan: EmergencyPlan, { isTakenBack }: Made): Promise<void> {
  const { watchSeconds: seconds } = plan;
  const services = servicesAfterwards(plan);
  await orNotProven(run, 'seen from outside the host', () => lookFromOutside(run));
  await orNotProven(run, 'watched closely', async () => {
    const watched = await run.check('watch', read.watchClosely({ seconds, services }), {
      says: `a real run watches for ${seconds} seconds`,
      result: { checks: [], lines: [] },
    });
    run.section('While it was watched', watched.lines);
    run.verify(watched.checks, onFail(isTakenBack));
  });
}

function servicesAfterwards({ survey, stops }: EmergencyPlan): readonly string[] {
  return stops ? survey.startOrder : survey.ranBefore;
}

function onFail(isTakenBack: boolean): 'rolled-back' | 'report' {
  return isTakenBack ? 'rolled-back' : 'report';
}
