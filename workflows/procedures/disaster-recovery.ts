import type { RecoverySurvey } from '../contracts/new-site.ts';
import type { ReportSection, RunReport } from '../contracts/report.ts';
import type { OldMachine } from '../contracts/retirement.ts';
import { shellQuote } from '../contracts/shell-quote.ts';
import { change, read, undoWith } from '../engine/calls.ts';
import { RunEnds, StepFailed } from '../engine/failure.ts';
import { type CommonInput, gateInput } from '../engine/input.ts';
import { orFailed } from '../engine/not-proven.ts';
import { defineProcedure, type StepsById } from '../engine/procedure.ts';
import type { Run } from '../engine/run.ts';
import { runProcedure } from '../engine/run-procedure.ts';
import { ageLines, recoveryChecks, timeLines } from './disaster-recovery-report.ts';
import { copySettings } from './steps/rehearsal.ts';

export interface DisasterRecoveryInput extends CommonInput {
  readonly mode?: 'drill' | 'real';
  readonly archive?: string;
  readonly bundle?: string;
  readonly identityFile?: string;
  readonly passphraseFile?: string;
  readonly images?: string;
  readonly keep?: boolean;
  readonly approvalTimeoutSeconds?: number;
}

const BOOT_BY_HAND =
  'where the unit is missing, place the one that project.unit names; then on the host: sudo systemctl enable UNIT';

export const disasterRecoveryProcedure = defineProcedure({
  type: 'disasterRecovery',
  title: 'Disaster recovery',
  section: 'Backup and Recovery / Disaster Recovery',
  summary:
    'Makes a machine that has nothing a working FDTS from a backup and the configuration bundle beside it, and measures how long that takes and how much data is lost. A drill runs in a throwaway copy: nothing is public, and all of it is removed.',
  beyond:
    'One run, or one local command without any server, from a machine without Docker to an FDTS that is proven by health, login, upload and rows; measured against a target, practised in drills, and the old machine is fenced off.',
  mutating: true,
  safeState: 'as before: what was placed is taken back; installed packages and images stay',
  input: {
    mode: {
      type: 'choice',
      oneOf: ['drill', 'real'],
      describe: 'drill (default): isolated, removed afterwards; real: users get it',
      example: 'drill',
    },
    archive: {
      type: 'text',
      describe:
        'full path of the archive on this machine; default: the newest verified one in the backup folders',
      example: '/opt/fdts/backups/fdts_backup_20260104_020000.tar.gz',
    },
    bundle: {
      type: 'text',
      describe: 'full path of the configuration bundle; default: the one of the archive, beside it',
      example: '/opt/fdts/backups/fdts_config_20260104_020000.tar.age',
    },
    identityFile: {
      type: 'text',
      describe:
        'file on this machine (0600, root) with the key that opens the bundle; default: bundle.identityFile',
      example: '/root/bundle.key',
    },
    passphraseFile: {
      type: 'text',
      describe: 'file with the passphrase, in place of a key',
      example: '/root/bundle-passphrase',
    },
    images: {
      type: 'text',
      describe: 'file of "docker save" with images that no registry has; others are built or pulled',
      example: '/root/images.tar',
    },
    keep: {
      type: 'boolean',
      describe:
        'leave the copy of a drill running, to look at it; "sudo fdts-ops recover-site --remove" removes it',
      example: false,
    },
    ...gateInput,
  },
  settings: [
    'recovery.target',
    'recovery.dataAge',
    'maintenance.approvalTimeout',
    'maintenance.stopTimeout',
    'maintenance.healthTimeout',
    'bundle.identityFile',
    'data.coreTables',
    ...copySettings,
  ],
  steps: {
    'survey-recovery': { kind: 'check', title: 'Open the bundle, find the archive, look at this machine' },
    'approve-overwrite': { kind: 'gate', title: 'A person approves that what is here is moved aside' },
    'install-engine': {
      kind: 'change',
      title: 'Install Docker and compose where they are missing',
      paper: '1. install Docker and Compose',
      changes: 'packages, from the repositories of this machine',
      undo: 'not needed: installed packages stay',
      onFailure: 'ask',
    },
    'place-configuration': {
      kind: 'change',
      title: 'Place the configuration from the bundle',
      paper: '1. repository, certificates, environment',
      changes:
        'compose files, env file, certificates, build contexts and the unit; what differs is renamed beside',
      undo: 'removes what was placed, and gives what lay there its name again',
    },
    'get-images': {
      kind: 'change',
      title: 'Load, build or pull the images that are missing',
      paper: '3. up -d',
      changes: 'images',
      undo: 'not needed: images stay',
      onFailure: 'ask',
    },
    'stage-data': {
      kind: 'change',
      title: 'Extract the backup and prove all of it',
      paper: '2. tar -xzf',
      changes: 'a folder beside the place of the data, or in the copy of a drill',
      undo: 'removes that folder',
    },
    'place-data': {
      kind: 'change',
      title: 'Put database and uploads into their place',
      paper: '2. cp database.sqlite, tar -xzf uploads',
      changes: 'database and uploads; what was there lies aside untouched',
      undo: 'moves what was there back',
    },
    deploy: {
      kind: 'change',
      title: 'Start the app (users still shut out)',
      paper: '3. up -d',
      changes: 'containers',
      undo: 'stops them',
    },
    verify: {
      kind: 'change',
      title: 'Check health, login, upload and rows',
      paper: '4. verify restoration',
      changes: 'a test file, removed again',
      undo: 'not needed',
    },
    'open-site': {
      kind: 'change',
      title: 'Start the other services: users are let in',
      paper: '3. up -d',
      changes: 'containers; from here users write',
      undo: 'not needed: their data stays',
      onFailure: 'ask',
    },
    'check-serving': { kind: 'check', title: 'Check that users get through', paper: '4. curl health' },
    'enable-at-boot': {
      kind: 'change',
      title: 'Have FDTS start at boot',
      changes: 'a link of systemd',
      undo: 'not needed',
      onFailure: 'ask-or-skip',
      byHand: BOOT_BY_HAND,
    },
    'remove-drill': {
      kind: 'change',
      title: 'Remove what the drill made',
      changes: 'the copy, and the configuration that was placed',
      undo: 'not needed',
      onFailure: 'ask',
    },
  },
});

/** What the steps work with: a run of the server's, or one that a local command makes without any. */
export type RecoveryRun = Pick<
  Run<(typeof disasterRecoveryProcedure)['steps']>,
  | 'dryRun'
  | 'steps'
  | 'check'
  | 'change'
  | 'tryChange'
  | 'gate'
  | 'skip'
  | 'section'
  | 'verify'
  | 'pointOfNoReturn'
  | 'startAtEnd'
> &
  // Only a run of the server's asks a person about a failed step.
  Partial<Pick<Run<StepsById>, 'failureWaitSeconds'>>;

/** Looks at something once users are in: what cannot be seen has failed, and the steps go on. */
export type OrFailed = (
  what: { readonly name: string; readonly answer: string },
  look: () => Promise<void>,
) => Promise<void>;

const COPY = { copy: 'drill' } as const;
const ENABLE_AT_BOOT = change.enableAtBoot({});

/** FDTS on a machine that has nothing; the default leaves that machine as it was. */
export async function disasterRecovery(input?: DisasterRecoveryInput): Promise<RunReport> {
  return runProcedure(disasterRecoveryProcedure, input, (run, options) =>
    recoverSite(run, options, (what, look) => orFailed(run, what, look, 'a-look-ends-nothing')),
  );
}

/** The steps, in their order; `fdts-ops recover-site` runs the same ones when the server is lost. */
export async function recoverSite(
  run: RecoveryRun,
  options: Partial<DisasterRecoveryInput>,
  orFailedHere: OrFailed,
): Promise<void> {
  const mode = options.mode ?? 'drill';
  const {
    archive = null,
    bundle = null,
    identityFile = null,
    passphraseFile = null,
    images = null,
  } = options;
  const survey = await run.check(
    'survey-recovery',
    read.surveyRecovery({ mode, archive, bundle, identityFile, passphraseFile, images }),
  );
  run.section('Recovered from', survey.lines);
  run.section(PLACED_BY_HAND, survey.outside);
  run.verify(survey.checks, 'refused');
  const approvalSeconds = options.approvalTimeoutSeconds ?? survey.approvalTimeoutSeconds;
  run.failureWaitSeconds = approvalSeconds;
  await approveOverwrite(run, survey, approvalSeconds);

  run.section('Docker', (await run.change('install-engine', change.installEngine({}))).lines);
  await run.change('place-configuration', change.placeConfiguration(survey.bundle), {
    undo: undoWith('Take the placed configuration back', change.takeBackConfiguration({})),
  });
  run.section('Images', (await run.change('get-images', change.getImages({ images }))).lines);
  if (mode === 'real') await recoverHere(run, survey, orFailedHere);
  else await tryInCopy(run, survey);
  if (mode === 'real') await run.tryChange('enable-at-boot', ENABLE_AT_BOOT);
  else run.skip('enable-at-boot', 'a drill starts nothing at boot');

  run.section('Measured recovery time', timeLines(run.steps));
  run.section('Data that would be lost', ageLines(survey.archiveCreatedAt, Date.now()));
  if (!run.dryRun) run.verify(recoveryChecks(survey, run.steps, Date.now()), 'report');
  if (mode === 'real') {
    run.skip('remove-drill', 'this is FDTS from now on');
    run.section('Left to do', LEFT_TO_DO);
  } else if (options.keep === true) run.skip('remove-drill', 'kept for looking, as asked for');
  else await run.change('remove-drill', change.removeDrill(COPY));
}

async function approveOverwrite(
  run: RecoveryRun,
  { overwrites, lines }: RecoverySurvey,
  timeoutSeconds: number,
): Promise<void> {
  if (overwrites.length === 0) return run.skip('approve-overwrite', 'nothing of FDTS is on this machine');
  await run.gate('approve-overwrite', {
    timeoutSeconds,
    question: 'Move what is on this machine aside, and make it FDTS?',
    plan: [
      { title: 'Recovered from', lines },
      { title: 'Moved aside (nothing is deleted)', lines: overwrites },
    ],
  });
}

/** The real one: where FDTS is going to live. */
async function recoverHere(run: RecoveryRun, survey: RecoverySurvey, orFailedHere: OrFailed): Promise<void> {
  const { archive, hasManifest, services } = survey;
  const staged = await run.change('stage-data', change.stageNewSite({ archive, hasManifest }), {
    undo: undoWith('Remove what was staged', change.discardStaged({})),
  });
  await run.change('place-data', change.swapInRestored({}), {
    undo: undoWith('Move back the data that was here', change.takeBackRestored({})),
  });
  await run.change('deploy', change.deploySite({ services: [services.app] }), {
    undo: undoWith('Stop what was started', change.withdrawSite({})),
  });
  const { checks } = await run.change('verify', change.verifySite({ rows: staged.coreRows }));
  run.verify(checks, 'rolled-back');
  await openSite(run, survey);
  fenceOffOld(run, survey);
  await orFailedHere({ name: 'FDTS serves', answer: 'fdts-ops start applicationDown' }, async () => {
    const serving = await run.check('check-serving', read.checkServing({ services: services.all }), {
      says: 'known only at run time',
      result: { checks: [] },
    });
    run.verify(serving.checks, 'report');
  });
}

/** Lets users in. From here they write: their data outranks the way back, and a failure needs an operator. */
async function openSite(run: RecoveryRun, survey: RecoverySurvey): Promise<void> {
  const { oldMachine } = survey;
  run.pointOfNoReturn('users are let in');
  const open = change.deploySite({ services: [] });
  const finish = [
    undoWith('Start every service', open),
    {
      ...undoWith('Have FDTS start at boot', ENABLE_AT_BOOT),
      tells: toldByRecover(survey),
      byHand: BOOT_BY_HAND,
    },
  ];
  try {
    await run.change('open-site', open, { finish });
  } catch (error) {
    if (oldMachine !== undefined)
      run.section('The old machine', fencedByHand(oldMachine, 'not fenced off yet. Once users are in'));
    // A run without a server says so itself.
    if (!(error instanceof StepFailed) || error.type === 'FENCED_OFF' || run.dryRun) throw error;
    throw new RunEnds(
      'needs-operator',
      `the recovered FDTS is in place and proven, but users could not be let in: ${error.message}. Mend that, then "sudo fdts-ops recover" on the host goes on`,
    );
  }
}

/** A drill: the same in a throwaway copy. */
async function tryInCopy(run: RecoveryRun, survey: RecoverySurvey): Promise<void> {
  const { archive, hasManifest } = survey;
  const remove = undoWith('Remove the copy', change.removeCopy(COPY));
  if (run.dryRun) {
    run.skip('stage-data', 'known only at run time: there is no project to copy yet');
    for (const id of ['deploy', 'verify'] as const) run.skip(id, 'known only at run time');
  }
  run.skip('place-data', 'a drill leaves the place of the data alone');
  for (const id of ['open-site', 'check-serving'] as const) run.skip(id, 'a drill lets nobody in');
  if (run.dryRun) return;
  const data = await run.change('stage-data', change.stageCopy({ ...COPY, archive, hasManifest }), {
    undo: remove,
  });
  await run.change('deploy', change.startCopy(COPY));
  const { checks } = await run.change('verify', change.probeCopy({ ...COPY, upload: true, rows: data.rows }));
  run.section('Otherwise than in the real FDTS', data.notes);
  run.verify(checks, 'rolled-back');
}

/** While nobody has the new machine, the old one may be the only one that serves: a person fences it off later. */
function fencedByHand({ host, ...input }: OldMachine, when: string): string[] {
  return [
    `${host}, machine-id ${input.machineId}`,
    `${when}: fdts-ops start retireHost --host ${shellQuote(host)} --input ${shellQuote(JSON.stringify(input))}`,
  ];
}

/** What the report of this run would say, were `recover` not what ends it. */
function toldByRecover({ oldMachine, outside }: RecoverySurvey): ReportSection[] {
  const fenced = oldMachine === undefined ? [] : fencedByHand(oldMachine, WHERE_NONE_WAITS);
  return [
    { title: 'The old machine', lines: fenced },
    { title: PLACED_BY_HAND, lines: outside },
    { title: 'Left to do', lines: LEFT_TO_DO },
  ].filter(({ lines }) => lines.length > 0);
}

/** Whenever the old machine comes back, it serves nobody and takes no work. */
function fenceOffOld(run: RecoveryRun, { oldMachine }: RecoverySurvey): void {
  if (oldMachine === undefined) return;
  const { host, machineId } = oldMachine;
  run.section('The old machine', [
    `${host}, machine-id ${machineId}`,
    `fenced off when it comes back, by ${run.startAtEnd('retireHost', { ...oldMachine })}`,
  ]);
}

const WHERE_NONE_WAITS =
  'fenced off only where "fdts-ops runs" shows a retireHost that waits for it. Else, once users are in and there is a server';
const PLACED_BY_HAND = 'For a person to place';
const LEFT_TO_DO = [
  'point DNS or the load balancer to this machine',
  'keep the old machine from serving, should it come back: docs/recovery.md, "The old machine"',
  "where the control worker's configuration has a machineId for this host, write this machine's there",
];
