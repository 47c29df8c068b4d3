import type { BundleSurvey } from '../../contracts/configuration-bundle.ts';
import type { BackupMade } from '../../contracts/window-plan.ts';
import { change, read } from '../../engine/calls.ts';
import type { StepsById } from '../../engine/procedure.ts';
import type { Run } from '../../engine/run.ts';

/** What a bundle goes by in the host's file. */
export const bundleSettings = ['bundle.recipients', 'bundle.paths', 'bundle.maxFolderMegabytes'] as const;

/** The look before: what will be in the bundle stands in the plan. */
export const surveyBundleStep = {
  'survey-bundle': { kind: 'check', title: 'See what the configuration bundle takes' },
} as const satisfies StepsById;

const made = {
  kind: 'change',
  title: 'Encrypt the configuration beside the backup',
  changes: 'one encrypted file and its manifest beside the backup, and on the external storage',
  undo: 'not needed: a bundle is kept',
  byHand: 'once the cause is mended: fdts-ops start manualBackup, which makes another backup with its bundle',
} as const satisfies StepsById[string];

/** Beside each backup; a person may leave it out. */
export const bundleStep = {
  'bundle-configuration': { ...made, onFailure: 'ask-or-skip' },
} as const satisfies StepsById;

/** The same where nobody is asked: that it failed is what the run tells. */
export const bundleOrTellStep = { 'bundle-configuration': made } as const satisfies StepsById;

/** The same beside the backup of a rehearsal. */
export const bundleToRehearseStep = {
  'bundle-to-rehearse': { ...made, onFailure: 'ask-or-skip' },
} as const satisfies StepsById;

type RunWith<Step extends string> = Run<StepsById & Readonly<Record<Step, StepsById[string]>>>;

/** Looks what a bundle would hold. A bundle that cannot be made is told; the backup is made all the same. */
export async function surveyBundle(run: RunWith<'survey-bundle'>): Promise<BundleSurvey> {
  const survey = await run.check('survey-bundle', read.surveyBundle({}));
  run.verify(survey.checks, 'report');
  return survey;
}

/** Where no plan shows it before: the look, and the bundle beside this backup. */
export async function surveyAndBundle(
  run: RunWith<'survey-bundle' | 'bundle-configuration'>,
  backup: Pick<BackupMade, 'archive'>,
): Promise<void> {
  await bundleConfiguration(run, await surveyBundle(run), backup);
}

/** Makes the bundle beside this backup, or says why there is none. */
export function bundleConfiguration(
  run: RunWith<'bundle-configuration'>,
  survey: BundleSurvey,
  backup: Pick<BackupMade, 'archive'>,
): Promise<void> {
  return bundleIn(run, 'bundle-configuration', survey, backup);
}

/** The same as a step of another name, for a run that makes two backups. */
export async function bundleIn<Step extends string>(
  run: RunWith<Step>,
  step: Step,
  survey: BundleSurvey,
  { archive }: Pick<BackupMade, 'archive'>,
): Promise<void> {
  if (!survey.ready) {
    const [why] = survey.checks;
    run.skip(step, why === undefined ? 'it cannot be made' : `${why.got}; ${why.answer ?? ''}`);
    return;
  }
  const result = await run.tryChange(step, change.bundleConfiguration({ archive }));
  if (result === undefined) {
    const got = 'the step was skipped';
    run.verify([{ name: 'a configuration bundle', status: 'not proven', expected: 'made', got }], 'report');
    return;
  }
  const { bundle, bytes, sha256, files, provenWith, leftOut, copy } = result;
  const lines = run.dryRun
    ? survey.lines
    : [
        `${bundle}, ${files} files, ${bytes} bytes, sha256 ${sha256}`,
        `decrypted again with ${provenWith}, and each file compared`,
        copy === null ? 'no second copy: backups.external is not configured' : `second copy: ${copy}`,
        ...leftOut.map((line) => `not in it: ${line}`),
      ];
  run.section('Configuration bundle', lines);
}
