import type { RunReport } from '../contracts/report.ts';
import type { BackupPace } from '../contracts/window-plan.ts';
import { change, read } from '../engine/calls.ts';
import type { CommonInput } from '../engine/input.ts';
import { defineProcedure } from '../engine/procedure.ts';
import { runProcedure } from '../engine/run-procedure.ts';
import { backupSettings, copyBackup, proveBackup, retentionSettings, tellBackup } from './steps/backup.ts';
import {
  bundleConfiguration,
  bundleSettings,
  bundleStep,
  surveyBundle,
  surveyBundleStep,
} from './steps/configuration-bundle.ts';

export const manualBackupProcedure = defineProcedure({
  type: 'manualBackup',
  title: 'Manual backup',
  section: 'Backup and Recovery / Manual Backup Creation',
  summary:
    'Makes a backup while the app runs, proves it by restoring it into scratch, and copies it to external storage.',
  beyond:
    'Ends however much the app writes, counts only once it was restored into scratch, is copied by exact path and compared by hash, and has an encrypted bundle of the configuration beside it.',
  mutating: true,
  safeState: 'as before: users are not touched',
  freezeExempt: 'since a backup changes nothing that runs',
  input: {
    pace: {
      type: 'choice',
      oneOf: ['gentle', 'fast'],
      describe: 'gentle: the app goes first; fast: the backup competes with it; else as configured',
      example: 'fast',
    },
  },
  settings: [...backupSettings, ...retentionSettings, ...bundleSettings],
  steps: {
    'survey-backup': { kind: 'check', title: 'Check that a backup can be made' },
    ...surveyBundleStep,
    'back-up': {
      kind: 'change',
      title: 'Back up while the app runs',
      paper: '1. backup.sh',
      changes: 'one new archive with its manifest',
      undo: 'not needed: a backup is kept',
    },
    'verify-backup': {
      kind: 'check',
      title: 'Prove the backup by restoring it into scratch',
      paper: '2. tar -tzf',
    },
    'copy-backup': {
      kind: 'change',
      title: 'Copy the backup to external storage',
      paper: '3. docker cp',
      changes: 'one file and its manifest on the external storage',
      undo: 'not needed: a backup is kept',
      onFailure: 'ask-or-skip',
    },
    ...bundleStep,
    'retain-backups': {
      kind: 'change',
      title: 'Remove backups that are past their retention',
      changes: 'archives of fdts-ops beyond backups.keep and backups.keepFor, never the newest verified one',
      undo: 'not needed: enough newer ones are kept',
      onFailure: 'ask-or-skip',
    },
  },
});

/** A backup on demand; it counts only because it was verified. */
export async function manualBackup(input?: CommonInput & { readonly pace?: BackupPace }): Promise<RunReport> {
  return runProcedure(manualBackupProcedure, input, async (run, options) => {
    run.verify((await run.check('survey-backup', read.surveyBackup({}))).checks, 'refused');
    const bundle = await surveyBundle(run);
    const backup = await run.change(
      'back-up',
      change.makeBackup(options.pace === undefined ? {} : { pace: options.pace }),
    );
    await proveBackup(run, backup, 'report');
    await copyBackup(run, backup);
    await bundleConfiguration(run, bundle, backup);
    tellBackup(run, backup);
    const retained = await run.tryChange('retain-backups', change.retainBackups({}));
    run.section('Backups removed', retained?.removed ?? []);
  });
}
