import type { ReportSection, RunReport } from '../contracts/report.ts';
import type { RestoreLoss } from '../contracts/restore-plan.ts';
import type { RollbackSurvey } from '../contracts/rollback-plan.ts';
import { change, read, undoWith } from '../engine/calls.ts';
import { formatSeconds } from '../engine/checklist.ts';
import { confirmHost } from '../engine/confirm-host.ts';
import { cutOverForGood } from '../engine/cut-over-for-good.ts';
import { type CommonInput, gateInput, watchInput } from '../engine/input.ts';
import { lookFromOutside } from '../engine/look-from-outside.ts';
import { orNotProven } from '../engine/not-proven.ts';
import { defineProcedure } from '../engine/procedure.ts';
import type { Run } from '../engine/run.ts';
import { runProcedure } from '../engine/run-procedure.ts';
import { tellUsersItServes } from '../engine/tell-users.ts';
import { watchAndTidy } from '../engine/watch-and-tidy.ts';
import { remarkLines, rowLines } from './restore-backup-plan.ts';
import { blockStartStep, unblockStartStep } from './steps/hold-start.ts';
import { announceEndStep, cleanUpStep } from './steps/last-steps.ts';
import { runningServices } from './steps/running-services.ts';

export interface RollbackMaintenanceInput extends CommonInput {
  readonly run?: string;
  readonly database?: 'keep' | 'before';
  readonly approvalTimeoutSeconds?: number;
  readonly watchSeconds?: number;
}

export const rollbackMaintenanceProcedure = defineProcedure({
  type: 'rollbackMaintenance',
  title: 'Rollback of a maintenance window',
  section: 'Maintenance Procedures / Rollback Procedures',
  summary:
    'Goes back to before a window, or another maintenance, that completed, while what it kept is there: images by tag; the database stays, unless its schema changed or the input says otherwise. After an approval that shows what users would lose.',
  beyond:
    'Knows the images and the database that the window kept, leaves the database alone unless its schema changed, and shows at the gate what users wrote since, which is salvaged.',
  mutating: true,
  safeState: 'as before: the version of now serves, with the data of now',
  freezeExempt: 'since it takes a change back',
  input: {
    run: {
      type: 'text',
      describe:
        'the maintenance (window, weekly or emergency): its workflow id or its start; default: the last window that completed',
      example: '20260104_020000',
    },
    database: {
      type: 'choice',
      oneOf: ['keep', 'before'],
      describe: 'default: it stays when its schema is that of before the window',
      example: 'keep',
    },
    ...gateInput,
    ...watchInput,
  },
  settings: [
    'maintenance.approvalTimeout',
    'maintenance.stopTimeout',
    'maintenance.healthTimeout',
    'maintenance.watch',
    'maintenance.rollbackRetention',
    'backups.pace',
  ],
  steps: {
    'survey-rollback': { kind: 'check', title: 'Check what the window kept, and the services' },
    'stage-database': {
      kind: 'change',
      title: 'Copy the database of before beside the live one and prove it',
      paper: '2. restore.sh',
      changes: 'a folder of the run beside the database; nothing that is live',
      undo: 'removes that folder',
    },
    'compare-data': { kind: 'check', title: 'Count what users would lose' },
    'approve-rollback': { kind: 'gate', title: 'A person approves the rollback' },
    'confirm-plan': { kind: 'check', title: 'See that the approved plan still holds' },
    ...blockStartStep,
    'stop-services': {
      kind: 'change',
      title: 'Stop the services (users are shut out)',
      paper: '1. down',
      changes: 'stops the proxy, the app and whatever else uses the data',
      undo: 'starts those that ran before; where the app was healthy, proves that it is again',
    },
    'salvage-rows': {
      kind: 'change',
      title: 'Salvage what only the newer database has',
      changes: 'an SQLite file and a list of uploads in the folder of the run',
      undo: 'goes with that folder',
    },
    'swap-data': {
      kind: 'change',
      title: 'Prove that the database is closed, and swap it for the one of before',
      paper: '2. restore.sh',
      changes: 'the database; the live one lies aside untouched, uploads stay where they are',
      undo: 'moves the live one back',
    },
    'switch-images': {
      kind: 'change',
      title: 'Switch to the images of before',
      paper: '3. image tags',
      changes: "moves the services' tags; the images of now keep a tag of the run",
      undo: 'moves the tags back',
    },
    'start-app': {
      kind: 'change',
      title: 'Start the old version (users still shut out)',
      paper: '3. up -d',
      changes: 'recreates and starts the app alone',
      undo: 'stops it',
    },
    'smoke-test': {
      kind: 'change',
      title: 'Check health, login, upload and download',
      paper: '4. verify',
      changes: 'one small test file, removed again',
      undo: 'not needed',
    },
    'cut-over': {
      kind: 'change',
      title: 'Let users in (point of no return)',
      paper: '3. up -d',
      changes: 'starts the proxy and the other services',
      undo: 'from here users write: nothing is taken back; what was replaced stays aside',
    },
    ...unblockStartStep,
    'look-from-outside': { kind: 'check', title: 'See it from outside', paper: '4. verify' },
    'close-swap': {
      kind: 'change',
      title: 'Note that the swap is not taken back any more',
      changes: 'its record beside the replaced database',
      undo: 'not needed',
      onFailure: 'ask-or-skip',
    },
    watch: { kind: 'check', title: 'Watch for errors' },
    ...cleanUpStep,
    ...announceEndStep,
  },
});

type RollbackRun = Run<typeof rollbackMaintenanceProcedure.steps>;

/** Back to before a window; packages of the host are not downgraded. */
export async function rollbackMaintenance(input?: RollbackMaintenanceInput): Promise<RunReport> {
  return runProcedure(rollbackMaintenanceProcedure, input, async (run, options) => {
    const asked = { run: options.run ?? null, database: options.database ?? null };
    const survey = await run.check('survey-rollback', read.surveyRollback(asked));
    run.verify(survey.checks, 'refused');
    const approvalSeconds = options.approvalTimeoutSeconds ?? survey.approvalTimeoutSeconds;
    run.failureWaitSeconds = approvalSeconds;
    const loss = await stageDatabase(run, survey);
    await run.gate('approve-rollback', {
      question: `${isShut(survey) ? 'USERS ARE SHUT OUT. ' : ''}Approve to stop FDTS and go back to before this window.`,
      plan: planSections(survey, loss),
      timeoutSeconds: approvalSeconds,
    });
    await confirmHost(run, { ...survey, images: survey.images.map(({ oldId }) => oldId) });
    await goBack(run, survey);
    const close = undoWith('Note that the swap is not taken back any more', change.closeSwap({}));
    const goesBack = survey.database === 'before';
    await cutOverForGood(run, {
      services: servicesAfter(survey),
      policies: survey.policies,
      besides: goesBack ? [close] : [],
      because: 'users are let in on the version of before: taking that back would lose what they write',
    });
    await orNotProven(run, 'seen from outside the host', async () => {
      const services = servicesAfter(survey);
      const running = await run.check('look-from-outside', read.checkServing({ services }), {
        says: 'known only at run time',
        result: { checks: [] },
      });
      run.verify(running.checks, 'report');
      if (running.checks.every(({ status }) => status !== 'fail')) await tellUsersItServes(run);
      await lookFromOutside(run);
    });
    if (goesBack) await run.tryChange('close-swap', change.closeSwap({}));
    else run.skip('close-swap', DATABASE_STAYS);
    await watchAndTidy(run, options.watchSeconds ?? survey.watchSeconds, {
      subject: 'a maintenance window was rolled back',
      text: 'FDTS serves again, with the version of before; the report is on the host.',
    });
  });
}

async function stageDatabase(run: RollbackRun, survey: RollbackSurvey): Promise<RestoreLoss | null> {
  if (survey.database === 'keep') {
    run.skip('stage-database', DATABASE_STAYS);
    run.skip('compare-data', DATABASE_STAYS);
    return null;
  }
  await run.change('stage-database', change.stageDatabaseOfWindow({ stamp: survey.window.stamp }), {
    undo: undoWith('Remove what was staged', change.discardStaged({})),
  });
  return run.check('compare-data', read.compareRestore({}), {
    says: 'known only at run time: nothing is copied',
    result: {
      unreadable: 'known only at run time',
      tables: {},
      notCompared: {},
      uploads: { count: 0, notInBackup: 0, differing: 0, onlyInBackup: null },
    },
  });
}

/** Everything for which users are shut out, up to the proof that the old version works. */
async function goBack(run: RollbackRun, survey: RollbackSurvey): Promise<void> {
  const { policies, stopOrder, startOrder, ranBefore, wasHealthy, app, images } = survey;
  await run.change('block-start', change.blockStart({}), {
    undo: undoWith('Let FDTS start itself again', change.unblockStart({ policies })),
  });
  run.shutUsersOut();
  await run.change('stop-services', change.stopServices({ services: stopOrder }), {
    undo: undoWith('Start what ran before', change.startAsBefore({ services: ranBefore, wasHealthy })),
  });
  if (survey.database === 'keep') {
    run.skip('salvage-rows', DATABASE_STAYS);
    run.skip('swap-data', DATABASE_STAYS);
  } else {
    const salvaged = await run.change('salvage-rows', change.salvageRestored({ pace: 'fast' }));
    run.section('What only the replaced database has', salvaged.lines);
    await run.change('swap-data', change.swapInRestored({}), {
      undo: undoWith('Move the live database back', change.takeBackRestored({})),
    });
  }
  if (images.length === 0) run.skip('switch-images', 'every service runs the image of before');
  else
    await run.change('switch-images', change.switchToOldImages({ images }), {
      undo: undoWith(
        'Move the image tags back',
        change.switchImages({ images: images.map(({ image, currentId: id }) => ({ image, id })) }),
      ),
    });
  await run.change('start-app', change.startServices({ services: [app], make: startOrder, verify: true }), {
    undo: undoWith('Stop the old version', change.stopServices({ services: [app] })),
  });
  const smoke = await run.change('smoke-test', change.smokeTest({}));
  run.verify(smoke.checks, 'rolled-back');
  run.section('App version', [`now: ${smoke.version ?? 'not known'}`]);
}

const DATABASE_STAYS = 'the database stays';

/** What runs once it is over: also what gets its old image, but nothing that had ended or that somebody stopped. */
function servicesAfter({ startOrder, services, images }: RollbackSurvey): readonly string[] {
  const ran = runningServices(services);
  const moving = images.map(({ service }) => service).filter((service) => ran.includes(service));
  return [...new Set([...startOrder, ...moving])];
}

function isShut({ isServing }: RollbackSurvey): boolean {
  return isServing === false;
}

const SHUT_OUT = [
  'FDTS does not answer through its proxy. A proxy that cannot start (a port that is taken, a broken configuration) is not mended by going back: mend it first',
  '"abort" or no answer keeps the new version, and leaves users shut out: then start applicationDown, which starts FDTS again',
];

function planSections(survey: RollbackSurvey, loss: RestoreLoss | null): ReportSection[] {
  const { window, images, database, databaseBecause, stopOrder, lastDowntimeSeconds } = survey;
  return [
    { title: 'Users', lines: isShut(survey) ? SHUT_OUT : [] },
    { title: 'Window', lines: [`${window.stamp} (run ${window.workflowId}), ${window.outcome}`] },
    {
      title: 'Images',
      lines: images.map(
        ({ service, image, oldId, currentId }) =>
          `${service}: ${image} ${short(currentId)} → ${short(oldId)}`,
      ),
    },
    {
      title: 'Database',
      lines: [
        `${database === 'keep' ? 'stays as it is' : 'the one of before the window; uploads stay'}: ${databaseBecause}`,
      ],
    },
    {
      title: 'Lost with the live data of now (salvaged to a file)',
      lines:
        loss === null
          ? ['nothing: users keep what they wrote since']
          : [...rowLines(loss), ...uploadLines(loss)],
    },
    { title: 'To know', lines: remarkLines(survey.checks) },
    { title: 'Stops', lines: [stopOrder.join(', ')] },
    {
      title: 'Expected downtime',
      lines: [
        lastDowntimeSeconds === null
          ? 'a stop and a start: not measured on this host yet'
          : `${formatSeconds(lastDowntimeSeconds)}, as the last rollback measured`,
      ],
    },
    {
      title: 'Stays',
      lines: ['packages of the host: they are not downgraded; the report of the window lists them'],
    },
  ].filter(({ lines }) => lines.length > 0);
}

function uploadLines({ uploads: { notInBackup, onlyInBackup } }: RestoreLoss): string[] {
  return [
    `uploads since: ${notInBackup}; they stay, but the database of before does not know them`,
    onlyInBackup === null
      ? 'uploads that users deleted since: NOT KNOWN, no listing of then is there; the database of before still names them'
      : `uploads that users deleted or moved since: ${onlyInBackup}; the database of before still names them, their files do not come back`,
  ];
}

function short(imageId: string): string {
  return imageId.replace('sha256:', '').slice(0, 12);
}
