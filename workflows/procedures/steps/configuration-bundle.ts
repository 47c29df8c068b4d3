import type { BundleSurvey } from '../../contracts/configuration-bundle.ts';
import type { BackupMade } from '../../contracts/window-plan.ts';
import { change, read } from '../../engine/calls.ts';
import type { StepsById } from '../../engine/procedure.ts';
import type { Run } from '../../engine/run.ts';

/** The look before: what will be in the bundle stands in the plan. */
export const surveyBundleStep = {
  'survey-bundle': { kind: 'check', title: 'See what the configuration bundle takes' },
} as const satisfies StepsById;

/** Beside each backup. */
export const bundleStep = {
  'bundle-configuration': {
    kind: 'change',
    title: 'Encrypt the configuration beside the backup',
    changes: 'one encrypted file and its manifest beside the backup, and on the external storage',
    undo: 'not needed: a bundle is kept',
    onFailure: 'ask-or-skip',
  },
} as const satisfies StepsById;

type BundleRun = Run<typeof surveyBundleStep & typeof bundleStep>;

/** Looks what a bundle would hold. A bundle that cannot be made is told; the backup is made all the same. */
export async function surveyBundle(run: BundleRun): Promise<BundleSurvey> {
  const survey = await run.check('survey-bundle', read.surveyBundle({}));
  run.verify(survey.checks, 'report');
  return survey;
}

/** Makes the bundle beside this backup, or says why there is none. */
export async function bundleConfiguration(
  run: BundleRun,
  survey: BundleSurvey,
  { archive }: Pick<BackupMade, 'archive'>,
): Promise<void> {
  if (!survey.ready) {
    const [why] = survey.checks;
    run.skip(
      'bundle-configuration',
      why === undefined ? 'it cannot be made' : `${why.got}; ${why.answer ?? ''}`,
    );
    return;
  }
  const made = await run.tryChange('bundle-configuration', change.bundleConfiguration({ archive }));
  if (made === undefined) {
    const got = 'the step was skipped';
    run.verify([{ name: 'a configuration bundle', status: 'not proven', expected: 'made', got }], 'report');
    return;
  }
  const { bundle, bytes, sha256, files, provenWith, leftOut, copy } = made;
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
