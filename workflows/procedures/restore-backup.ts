import type { RunReport } from '../contracts/report.ts';
import type { RestoreLoss, RestoreSurvey, StagedRestore } from '../contracts/restore-plan.ts';
import { change, read, undoWith } from '../engine/calls.ts';
import { confirmHost } from '../engine/confirm-host.ts';
import { cutOverForGood } from '../engine/cut-over-for-good.ts';
import { endOfFailed } from '../engine/failure.ts';
import { type CommonInput, gateInput, watchInput } from '../engine/input.ts';
import { lookFromOutside } from '../engine/look-from-outside.ts';
import { orNotProven } from '../engine/not-proven.ts';
import { defineProcedure } from '../engine/procedure.ts';
import type { Run } from '../engine/run.ts';
import { runProcedure } from '../engine/run-procedure.ts';
import { watchAndTidy } from '../engine/watch-and-tidy.ts';
import { backupLines, isStaged, planSections, restoredCheck } from './restore-backup-plan.ts';
import { schemaChecks } from './restore-schema.ts';
import { blockStartStep, unblockStartStep } from './steps/hold-start.ts';
import { announceEndStep, cleanUpStep } from './steps/last-steps.ts';

export interface RestoreBackupInput extends CommonInput {
  readonly archive?: string;
  readonly allowOtherSchema?: boolean;
  readonly approvalTimeoutSeconds?: number;
  readonly watchSeconds?: number;
}

export const restoreBackupProcedure = defineProcedure({
  type: 'restoreBackup',
  title: 'Restore from a backup',
  section: 'Backup and Recovery / Restore data',
  summary:
    'Puts database and uploads of a backup in the place of the live ones in one short stop, after an approval that shows what users would lose; takes itself back when the app is not healthy on them.',
  beyond:
    'Extracts and proves everything beside the live data first, shows at the gate what users would lose, swaps database and uploads together, takes itself back when the app is not healthy, and salvages what only the old data has.',
  mutating: true,
  safeState: 'as before: FDTS runs, or does not, on the data that users left',
  freezeExempt: 'since it mends data that users miss',
  input: {
    archive: {
      type: 'text',
      describe:
        'file name of the archive, or its full path to mean the copy that lies there; default: the newest verified one, here or on external storage',
      example: 'fdts_backup_20260104_020000.tar.gz',
    },
    allowOtherSchema: {
      type: 'boolean',
      describe:
        'restores a backup whose schema is not that of the live database, as after a release that failed: the app that runs must know it',
      example: true,
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
    'data.coreTables',
  ],
  steps: {
    'survey-restore': {
      kind: 'check',
      title: 'Check the archive, the place and the services',
      paper: 'Database Corruption 3. find the latest backup',
    },
    'stage-backup': {
      kind: 'change',
      title: 'Extract the backup beside the live data and prove it',
      paper: '2. tar -xzf',
      changes: 'a folder of the run beside the database; nothing that is live',
      undo: 'removes that folder',
    },
    'compare-data': { kind: 'check', title: 'Count what users would lose' },
    'approve-restore': { kind: 'gate', title: 'A person approves the restore' },
    'confirm-plan': { kind: 'check', title: 'See that the approved plan still holds' },
    ...blockStartStep,
    'stop-services': {
      kind: 'change',
      title: 'Stop the services (users are shut out)',
      paper: 'Database Corruption 1. stop app',
      changes: 'stops the proxy, the app and whatever else uses database or uploads',
      undo: 'starts those that ran before; where the app was healthy, proves that it is again',
    },
    'swap-data': {
      kind: 'change',
      title: 'Prove that the database is closed, and swap database and uploads',
      paper: '2. cp database.sqlite, tar -xzf uploads',
      changes: 'the restored ones take the place of the live ones, which lie aside untouched',
      undo: 'moves the live ones back; the restored ones lie aside',
    },
    'start-app': {
      kind: 'change',
      title: 'Start the app on the restored data (users still shut out)',
      paper: '3. up -d',
      changes: 'starts the app alone',
      undo: 'stops it',
    },
    'smoke-test': {
      kind: 'change',
      title: 'Check health, login, upload and download',
      paper: '4. verify restoration',
      changes: 'one small test file, removed again',
      undo: 'covered by the swap back',
    },
    'cut-over': {
      kind: 'change',
      title: 'Let users in (point of no return)',
      paper: '3. up -d',
      changes: 'starts the proxy and the other services',
      undo: 'from here users write: nothing is taken back; the old data stays aside',
    },
    ...unblockStartStep,
    'look-from-outside': { kind: 'check', title: 'See it from outside', paper: '4. verify restoration' },
    'salvage-rows': {
      kind: 'change',
      title: 'Salvage what only the old data has',
      changes: 'an SQLite file and a list of uploads beside the old data',
      undo: 'not needed: the old data is only read',
      onFailure: 'ask-or-skip',
    },
    watch: { kind: 'check', title: 'Watch for errors' },
    ...cleanUpStep,
    ...announceEndStep,
  },
});

type RestoreRun = Run<typeof restoreBackupProcedure.steps>;

/** The restore of a backup: everything slow before the stop or after the cut-over, in between renames. */
export async function restoreBackup(input?: RestoreBackupInput): Promise<RunReport> {
  return runProcedure(restoreBackupProcedure, input, async (run, options) => {
    const survey = await run.check(
      'survey-restore',
      read.surveyRestore({ archive: options.archive ?? null }),
    );
    const isAllowed = options.allowOtherSchema ?? false;
    const schema = schemaChecks(survey, survey.archiveSchema, isAllowed);
    run.verify([...survey.checks, ...schema], 'refused');
    const approvalSeconds = options.approvalTimeoutSeconds ?? survey.approvalTimeoutSeconds;
    run.failureWaitSeconds = approvalSeconds;
    const staged = await run.change(
      'stage-backup',
      change.stageRestore({ archive: survey.archive, hasManifest: survey.hasManifest }),
      { undo: undoWith('Remove what was staged', change.discardStaged({})) },
    );
    if (schema.length === 0) requireSchema(run, survey, staged, isAllowed);
    const loss = await run.check('compare-data', read.compareRestore({}), {
      says: 'known only at run time: nothing is extracted',
      result: NOTHING_COMPARED,
    });
    await run.gate('approve-restore', {
      question: 'Approve to stop FDTS and put the data of this backup in the place of the live data.',
      plan: planSections(survey, staged, loss),
      timeoutSeconds: approvalSeconds,
    });
    await confirmHost(run, { ...survey, images: [] });
    run.section('Backup', backupLines(survey, staged));
    await swap(run, survey);
    run.verify([restoredCheck(staged)], 'report');
    await cutOverForGood(run, {
      services: survey.startOrder,
      policies: survey.policies,
      besides: [undoWith('Salvage what only the old data has', change.salvageRestored({}))],
      because: 'users are let in on the restored data: taking it back would lose what they write',
    });
    await afterCutOver(run, survey, options.watchSeconds ?? survey.watchSeconds);
  });
}

/** Without a manifest the schema is known only when the archive has been read; what was staged is removed again. */
function requireSchema(run: RestoreRun, survey: RestoreSurvey, staged: StagedRestore, isAllowed: boolean) {
  const checks = isStaged(staged) ? schemaChecks(survey, staged, isAllowed) : [];
  run.verify(checks, 'report');
  const failed = checks.filter(({ status }) => status === 'fail');
  if (failed.length > 0) throw endOfFailed(failed, 'refused', { onlyPrepared: true });
}

/** Everything for which users are shut out, up to the proof that the app works on the restored data. */
async function swap(run: RestoreRun, survey: RestoreSurvey): Promise<void> {
  const { policies, stopOrder, ranBefore, wasHealthy, app } = survey;
  await run.change('block-start', change.blockStart({}), {
    undo: undoWith('Let FDTS start itself again', change.unblockStart({ policies })),
  });
  run.shutUsersOut();
  await run.change('stop-services', change.stopServices({ services: stopOrder }), {
    undo: undoWith('Start what ran before', change.startAsBefore({ services: ranBefore, wasHealthy })),
  });
  await run.change('swap-data', change.swapInRestored({}), {
    undo: undoWith('Move the old database and uploads back', change.takeBackRestored({})),
  });
  await run.change('start-app', change.startServices({ services: [app], verify: true }), {
    undo: undoWith('Stop the app', change.stopServices({ services: [app] })),
  });
  const smoke = await run.change('smoke-test', change.smokeTest({}));
  run.verify(smoke.checks, 'rolled-back');
}

async function afterCutOver(run: RestoreRun, survey: RestoreSurvey, watchSeconds: number): Promise<void> {
  await orNotProven(run, 'seen from outside the host', async () => {
    const running = await run.check('look-from-outside', read.checkServing({ services: survey.startOrder }), {
      says: 'known only at run time',
      result: { checks: [] },
    });
    run.verify(running.checks, 'report');
    await lookFromOutside(run);
  });
  const salvaged = await run.tryChange('salvage-rows', change.salvageRestored({}));
  run.section('What only the old data has', salvaged?.lines ?? []);
  await watchAndTidy(run, watchSeconds, {
    subject: 'a backup was restored',
    text: 'FDTS serves again, on the data of the backup; the report on the host says what only the old data has.',
  });
}

const NOTHING_COMPARED: RestoreLoss = {
  unreadable: 'known only at run time',
  tables: {},
  notCompared: {},
  uploads: { count: 0, notInBackup: 0, differing: 0, onlyInBackup: null },
};
