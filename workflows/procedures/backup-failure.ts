import type { BackupFailureLook } from '../contracts/backup-failure.ts';
import type { RunReport } from '../contracts/report.ts';
import type { BackupMade } from '../contracts/window-plan.ts';
import { change, read } from '../engine/calls.ts';
import { StepFailed } from '../engine/failure.ts';
import { type CommonInput, gateInput } from '../engine/input.ts';
import { goesLaterWay, type LaterChange } from '../engine/later-change.ts';
import { orNotProven } from '../engine/not-proven.ts';
import { defineProcedure } from '../engine/procedure.ts';
import type { Run } from '../engine/run.ts';
import { runProcedure } from '../engine/run-procedure.ts';
import { noRoomCheck, removalSections } from './backup-failure-plan.ts';
import {
  backupSettings,
  NO_SECOND_COPY,
  proveBackup,
  retentionSettings,
  tellBackup,
} from './steps/backup.ts';
import {
  bundleOrTellStep,
  bundleSettings,
  surveyAndBundle,
  surveyBundleStep,
} from './steps/configuration-bundle.ts';
import { wrongLines } from './steps/restart.ts';

export interface BackupFailureInput extends CommonInput {
  readonly approvalTimeoutSeconds?: number;
}

export const backupFailureProcedure = defineProcedure({
  type: 'backupFailure',
  title: 'Backup failure',
  section: 'Monitoring and Alerting / Backup Failure Alert',
  summary:
    'No verified backup in backups.maxAge: looks at the backup service, the disk, permissions and the last logs, starts a stopped service, makes room when the disk is full (after an approval that lists what goes), makes a backup now and proves it; else names the cause.',
  beyond:
    'Goes by the newest verified backup, names the cause, starts a stopped service, makes room only by what retention may remove and a person has approved, and proves the backup that it makes.',
  mutating: true,
  givesWay: true,
  safeState: 'as before: users are not touched, and no backup is removed without an approval',
  input: gateInput,
  settings: [
    'backups.maxAge',
    ...backupSettings,
    ...retentionSettings,
    ...bundleSettings,
    'maintenance.approvalTimeout',
  ],
  steps: {
    look: {
      kind: 'check',
      title: 'Look at the backups, the service, disk, permissions and logs',
      paper: '1. ps, logs; 2. df; 4. logs',
    },
    'start-service': {
      kind: 'change',
      title: 'Start the backup service',
      paper: '1. ps backup',
      changes: 'starts the container of the backup service when it does not run',
      undo: 'not needed: users do not come in through it',
    },
    'plan-removal': { kind: 'check', title: 'See what retention may remove to make room' },
    'approve-removal': { kind: 'gate', title: 'A person approves the removal of old backups' },
    'remove-backups': {
      kind: 'change',
      title: 'Remove the approved backups',
      changes: 'the archives of the plan; never the two newest verified ones, or one that a way back needs',
      undo: 'cannot be taken back: that is why it is approved',
    },
    'back-up': {
      kind: 'change',
      title: 'Back up now, while the app runs',
      paper: '3. backup.sh',
      changes: 'one new archive with its manifest',
      undo: 'not needed: a backup is kept',
    },
    'verify-backup': { kind: 'check', title: 'Prove the backup by restoring it into scratch' },
    'copy-backup': {
      kind: 'change',
      title: 'Copy the backup to external storage',
      changes: 'one file and its manifest on the external storage',
      undo: 'not needed: a backup is kept',
    },
    ...surveyBundleStep,
    ...bundleOrTellStep,
    'check-recent': {
      kind: 'check',
      title: 'Check that a recent verified backup exists',
      paper: 'Threshold: none in 48 hours',
    },
  },
});

type FailureRun = Run<typeof backupFailureProcedure.steps>;

/** The answer to a missing backup. It ends `attention-needed` with the cause when none can be made. */
export async function backupFailure(input?: BackupFailureInput): Promise<RunReport> {
  return runProcedure(backupFailureProcedure, input, async (run, options) => {
    const found = await run.check('look', read.lookAtBackups({}));
    run.section('Found', wrongLines([found.recent, ...found.checks]));
    run.section('Log of the backup service', found.lines);
    if (found.isRecent) {
      run.verify([found.recent, ...found.checks], 'report');
      return skipRest(run, 'a recent verified backup is there');
    }
    await startService(run, found);
    await makeRoom(run, found, options.approvalTimeoutSeconds ?? found.approvalTimeoutSeconds);
    const isMade = await backUpNow(run, found);
    if (!isMade || run.dryRun)
      return run.skip('check-recent', run.dryRun ? 'known only at run time' : 'none was made');
    const look = async () =>
      run.verify((await run.check('check-recent', read.checkBackups({}))).checks, 'report');
    await orNotProven(run, 'a recent verified backup', look, 'a-look-ends-nothing');
  });
}

async function startService(run: FailureRun, { stoppedService }: BackupFailureLook): Promise<void> {
  if (stoppedService === null) return run.skip('start-service', 'it runs, or there is none');
  await orTold(run, `service ${stoppedService} can be started`, async () => {
    await run.change('start-service', change.startAgain({ service: stoppedService, wasHealthy: true }));
  });
}

async function makeRoom(
  run: FailureRun,
  { missingBytes }: BackupFailureLook,
  timeoutSeconds: number,
): Promise<void> {
  if (missingBytes === 0) return skipAll(run, ['plan-removal', ...REMOVAL], 'the disk is not the cause');
  const plan = await run.check('plan-removal', read.planRemoval({ missingBytes }));
  if (!plan.isEnough) {
    const check = noRoomCheck(plan, missingBytes);
    run.verify([check], 'report');
    return skipAll(run, REMOVAL, check.got);
  }
  await run.gate('approve-removal', {
    question: `Approve to remove ${plan.archives.length} old backups for good: the disk has no room for a new one.`,
    plan: removalSections(plan, missingBytes),
    timeoutSeconds,
  });
  const remove = () => run.change('remove-backups', change.removeApproved({ archives: plan.archives }));
  const gone = await orTold(run, 'the approved backups can be removed', remove, [], 'a-look-ends-nothing');
  run.section('Backups removed', gone?.removed ?? []);
}

/** Makes and proves a backup; what keeps it from being made is the cause that is told. */
async function backUpNow(run: FailureRun, found: BackupFailureLook): Promise<boolean> {
  const makeOne = async (): Promise<BackupMade> => {
    const made = await run.change('back-up', change.makeBackup({}));
    tellBackup(run, made);
    await proveBackup(run, made, 'report');
    return made;
  };
  const made = await orTold(run, 'a backup can be made and proven', makeOne, wrongLines(found.checks));
  if (made === null) return false;
  const { archive, source } = made;
  await orTold(run, 'it can be copied to external storage', async () => {
    const { copy } = await run.change('copy-backup', change.copyBackup({ archive, source }));
    if (copy === null) run.skip('copy-backup', NO_SECOND_COPY);
  });
  await orTold(run, 'the configuration can be encrypted beside it', () => surveyAndBundle(run, made));
  return true;
}

/** A step that fails for good is the finding of this procedure, not its end (`since`: what it was before); null then. */
async function orTold<Result>(
  run: FailureRun,
  name: string,
  make: () => Promise<Result>,
  causes: readonly string[] = [],
  since?: LaterChange,
): Promise<Result | null> {
  try {
    return await make();
  } catch (error) {
    if (!(error instanceof StepFailed) || error.type === 'FENCED_OFF' || error.type === 'WORKER_ABSENT')
      throw error;
    if (since !== undefined && !goesLaterWay(since)) throw error;
    const before = causes.length === 0 ? [] : [`found before: ${causes.join('; ')}`];
    const got = [error.message, ...before].join('. ');
    const answer = 'mend what the cause says, then start backupFailure again';
    run.verify([{ name, status: 'fail', expected: 'done', got, answer }], 'report');
    return null;
  }
}

const REMOVAL = ['approve-removal', 'remove-backups'] as const;
const BACKUP = ['back-up', 'verify-backup', 'copy-backup', 'survey-bundle', 'bundle-configuration'] as const;
type Skipped = readonly (keyof typeof backupFailureProcedure.steps)[];

function skipAll(run: FailureRun, steps: Skipped, because: string): void {
  for (const id of steps) run.skip(id, because);
}

function skipRest(run: FailureRun, because: string): void {
  skipAll(run, ['start-service', 'plan-removal', ...REMOVAL, ...BACKUP, 'check-recent'], because);
}
