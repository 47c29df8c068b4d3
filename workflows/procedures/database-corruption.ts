import type { CheckResult } from '../contracts/calls.ts';
import type { CorruptionSurvey, DatabaseVerdict, StagedNewestGood } from '../contracts/mending-plan.ts';
import type { RunReport } from '../contracts/report.ts';
import type { StagedRestore } from '../contracts/restore-plan.ts';
import { change, read, undoWith } from '../engine/calls.ts';
import { cutOverForGood } from '../engine/cut-over-for-good.ts';
import { RunEnds, StepFailed } from '../engine/failure.ts';
import { type CommonInput, gateInput, watchInput } from '../engine/input.ts';
import { lookFromOutside } from '../engine/look-from-outside.ts';
import { orNotProven } from '../engine/not-proven.ts';
import { defineProcedure } from '../engine/procedure.ts';
import type { Run } from '../engine/run.ts';
import { runProcedure } from '../engine/run-procedure.ts';
import { watchAndTidy } from '../engine/watch-and-tidy.ts';
import {
  badLines,
  damagedLine,
  leftToDo,
  mendingPlan,
  passedOverLines,
  soundPlan,
} from './database-corruption-plan.ts';
import { backupLines, restoredCheck } from './restore-backup-plan.ts';
import { unblockStartStep } from './steps/hold-start.ts';
import { announceEndStep, cleanUpStep } from './steps/last-steps.ts';
import { stopContained } from './steps/stop-contained.ts';

export interface DatabaseCorruptionInput extends CommonInput {
  readonly approvalTimeoutSeconds?: number;
  readonly watchSeconds?: number;
}

export const databaseCorruptionProcedure = defineProcedure({
  type: 'databaseCorruption',
  title: 'Database corruption',
  section: 'Emergency Procedures / Database Corruption',
  summary:
    'Checks the database; when it is corrupt, stops FDTS, goes back to the newest good backup and, after an approval that shows what would be lost, restores it. Without an approval FDTS stays stopped.',
  beyond:
    'Goes back past bad archives to the first good one and says which were bad; the damaged files stay aside with their hashes, newer rows are salvaged, and the gate shows what would be lost.',
  mutating: true,
  safeState: 'a corrupt database: stopped, the damaged files untouched. Else as before',
  freezeExempt: 'an emergency: what is broken is mended at any time',
  input: { ...gateInput, ...watchInput },
  settings: [
    'maintenance.approvalTimeout',
    'maintenance.stopTimeout',
    'maintenance.healthTimeout',
    'maintenance.watch',
    'maintenance.rollbackRetention',
    'data.coreTables',
  ],
  steps: {
    survey: { kind: 'check', title: 'Check services, privileges and compose' },
    'check-database': {
      kind: 'check',
      title: 'Check integrity and foreign keys, nothing being stopped',
      paper: '2. integrity_check',
    },
    'start-again': {
      kind: 'change',
      title: 'Start FDTS on a database that is sound',
      paper: '4. start app',
      changes: 'starts the services; nothing when they are up',
      undo: 'not needed: FDTS was down',
    },
    'block-start': {
      kind: 'change',
      title: 'Keep FDTS from starting itself',
      changes: 'restart policies to "no", and the hold file that stops fdts.service',
      undo: 'puts the policies back and removes the file; not once FDTS is stopped',
    },
    'stop-services': {
      kind: 'change',
      title: 'Stop the services: from here only an approval starts FDTS',
      paper: '1. stop app',
      changes: 'stops the proxy, the app and whatever else uses the database',
      undo: 'is never taken back: whatever ends the run keeps FDTS stopped',
    },
    'check-closed': {
      kind: 'check',
      title: 'Check the closed database once more',
      paper: '2. integrity_check',
    },
    'hash-damaged': {
      kind: 'change',
      title: 'Write down the hashes of the damaged files',
      changes: 'a list beside the database',
      undo: 'not needed',
    },
    'find-good-backup': {
      kind: 'change',
      title: 'Find the newest good backup, and extract it beside the database',
      paper: '3. find the latest backup',
      changes: 'a folder of the run beside the database; a bad archive counts as verified no longer',
      undo: 'removes that folder',
    },
    'compare-data': { kind: 'check', title: 'Count what users would lose' },
    'salvage-damaged': {
      kind: 'change',
      title: 'Salvage the rows that only the damaged database has',
      changes: 'an SQLite file beside the database',
      undo: 'goes with the folder of the run; the damaged database stays',
    },
    'approve-restore': { kind: 'gate', title: 'A person approves the restore' },
    'approve-start': { kind: 'gate', title: 'A person approves to start on a database that is sound now' },
    'swap-data': {
      kind: 'change',
      title: 'Swap database and uploads',
      paper: '3. restore.sh',
      changes:
        'the restored ones take the place of the damaged ones, which lie aside; of a backup whose manifest does not say that it has all uploads the database alone',
      undo: 'moves them back; FDTS stays stopped',
    },
    'start-app': {
      kind: 'change',
      title: 'Start the app (users still shut out)',
      paper: '4. start app',
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
      paper: '4. start app',
      changes: 'starts the proxy and the other services; the incident is over',
      undo: 'from here users write: nothing is taken back; the damaged files stay aside',
    },
    ...unblockStartStep,
    'look-from-outside': { kind: 'check', title: 'See it from outside', paper: '4. verify restoration' },
    'salvage-rows': {
      kind: 'change',
      title: 'List what only the old data has',
      changes: 'a list of uploads beside the old data, and the rows when they were not salvaged before',
      undo: 'not needed: the old data is only read',
      onFailure: 'ask-or-skip',
    },
    watch: { kind: 'check', title: 'Watch for errors' },
    ...cleanUpStep,
    ...announceEndStep,
  },
});

type CorruptionRun = Run<typeof databaseCorruptionProcedure.steps>;

/** What both ways out of the safe state need to know. */
interface WayOut {
  readonly survey: CorruptionSurvey;
  readonly approvalSeconds: number;
  readonly watchSeconds: number;
}

/** Check; if sound, start again and say so; if corrupt, stop, stay stopped, and restore after an approval. */
export async function databaseCorruption(input?: DatabaseCorruptionInput): Promise<RunReport> {
  return runProcedure(databaseCorruptionProcedure, input, async (run, options) => {
    const isFollowUp = run.incident !== null;
    const survey = await run.check('survey', read.surveyCorruption({ followUp: isFollowUp }));
    const way = {
      survey,
      approvalSeconds: options.approvalTimeoutSeconds ?? survey.approvalTimeoutSeconds,
      watchSeconds: options.watchSeconds ?? survey.watchSeconds,
    };
    run.failureWaitSeconds = way.approvalSeconds;
    if (!isFollowUp && !(await isCorrupt(run, survey))) return;
    run.verify(survey.checks, 'refused');
    await stopContained(run, survey, STOPPED);
    if ((await checkClosed(run)) === 'corrupt') await restoreGoodBackup(run, way);
    else await startOnSound(run, way);
  });
}

/** Nothing is stopped for a database that is sound: FDTS is started when it is down, and that is all. */
async function isCorrupt(run: CorruptionRun, survey: CorruptionSurvey): Promise<boolean> {
  const { state, checks } = await run.check('check-database', read.checkDatabase({ closed: false }));
  run.section('Database', checks.map(lineOf));
  if (state === 'corrupt') {
    run.skip('start-again', 'the database is corrupt: FDTS must not start on it');
    return true;
  }
  run.verify(checks, 'report');
  if (survey.isServing) run.skip('start-again', 'not needed: users are served, and nothing was stopped');
  else await startAgain(run, survey);
  return false;
}

/** Mending what is down needs no gate; a start that fails on a sound database has another cause. */
async function startAgain(run: CorruptionRun, { startOrder }: CorruptionSurvey): Promise<void> {
  try {
    await run.change('start-again', change.startServices({ services: startOrder, verify: true }));
  } catch (error) {
    if (!(error instanceof StepFailed) || error.type === 'FENCED_OFF') throw error;
    const check = { name: 'FDTS serves', status: 'fail', expected: 'healthy through the proxy' } as const;
    const answer = 'the database is sound: fdts-ops start applicationDown';
    run.verify([{ ...check, got: error.message, answer }], 'report');
  }
}

/** Without a gate: every write to a corrupt file may destroy more of it, and an approval that nobody gives would let it go on. */
const STOPPED = {
  safeState: 'stopped, the damaged database untouched',
  left: leftToDo,
  shutsUsersOut: true,
} as const;

async function checkClosed(run: CorruptionRun): Promise<DatabaseVerdict['state']> {
  const { state, checks } = await run.check('check-closed', read.checkDatabase({ closed: true }), {
    says: 'dry run: nothing was stopped',
    result: { state: 'corrupt', checks: [] },
  });
  run.section('Closed database', checks.map(lineOf));
  // A corrupt one is what is mended here: it is no failed check of a run that has restored a good one.
  if (state !== 'corrupt') run.verify(checks, 'report');
  return state;
}

async function restoreGoodBackup(run: CorruptionRun, way: WayOut): Promise<void> {
  const { survey } = way;
  const damaged = await run.change('hash-damaged', change.hashDamaged({}));
  run.section('Damaged files', [...damaged.files.map(damagedLine), `their list: ${damaged.list}`]);
  const found = await run.change('find-good-backup', change.stageNewestGood({}), {
    undo: undoWith('Remove what was staged', change.discardStaged({})),
  });
  run.section('Backups that were tried and are bad', badLines(found));
  run.section('Newer backups that are partial, passed over', passedOverLines(found));
  run.section('Backups that could not be read', found.unread ?? []);
  const staged = requireGood(found);
  const loss = await run.check('compare-data', read.compareRestore({}), {
    says: 'known only at run time: nothing is extracted',
    result: NOTHING_COMPARED,
  });
  const salvaged = await salvage(run);
  await run.gate('approve-restore', {
    question:
      'FDTS is stopped on a corrupt database. Approve to put the data of this backup in its place and to let users in again.',
    plan: mendingPlan(survey, { found, staged, loss, damaged, salvaged }),
    timeoutSeconds: way.approvalSeconds,
  });
  run.section('Backup', backupLines(survey, staged));
  await run.change('swap-data', change.swapInRestored({}), {
    undo: undoWith(
      'Move the damaged database back, and the uploads that were moved with it',
      change.takeBackRestored({}),
    ),
  });
  run.verify([restoredCheck(staged)], 'report');
  await letUsersIn(run, way, [undoWith('List what only the old data has', change.salvageRestored({}))]);
  const listed = await run.tryChange('salvage-rows', change.salvageRestored({}));
  run.section('What only the old data has', listed?.lines ?? []);
  await watchAndTidy(run, way.watchSeconds, {
    subject: 'a corrupt database was restored from a backup',
    text: 'FDTS serves again, on the data of the backup; the report on the host says what was lost and what was salvaged.',
  });
}

/** The damaged files stay in any case: rows that cannot be salvaged now are no reason to keep users out. */
async function salvage(run: CorruptionRun): Promise<readonly string[]> {
  let lines: readonly string[] = ['nothing: see "Not proven"; it is tried again after the restore'];
  await orNotProven(run, 'rows of the damaged database are salvaged', async () => {
    lines = (await run.change('salvage-damaged', change.salvageRestored({ pace: 'fast' }))).lines;
  });
  run.section('Salvaged from the damaged database', lines);
  return lines;
}

function requireGood(found: StagedNewestGood): StagedRestore {
  if (found.staged !== null) return found.staged;
  const tried = [...badLines(found), ...(found.unread ?? [])];
  throw new RunEnds(
    'contained',
    `no good backup was found: ${tried.length === 0 ? 'there is none at all' : tried.join('; ')}`,
  );
}

async function startOnSound(run: CorruptionRun, way: WayOut): Promise<void> {
  await run.gate('approve-start', {
    question:
      'FDTS is stopped because its database was corrupt, and the closed file is sound now. Approve to start it and to let users in again.',
    plan: soundPlan(way.survey, run.checks),
    timeoutSeconds: way.approvalSeconds,
  });
  await letUsersIn(run, way, []);
  await watchAndTidy(run, way.watchSeconds, {
    subject: 'FDTS serves again after a corrupt database',
    text: 'Its database was found sound, and a person approved to start it.',
  });
}

/** Proves that the app works while users are still shut out, and lets them in. */
async function letUsersIn(
  run: CorruptionRun,
  { survey }: WayOut,
  besides: Parameters<typeof cutOverForGood>[1]['besides'],
): Promise<void> {
  const { app, startOrder, policies } = survey;
  await run.change('start-app', change.startServices({ services: [app], verify: true }), {
    undo: undoWith('Stop the app', change.stopServices({ services: [app] })),
  });
  const smoke = await run.change('smoke-test', change.smokeTest({}));
  run.verify(smoke.checks, 'rolled-back');
  await cutOverForGood(run, {
    services: startOrder,
    policies,
    besides,
    because: 'users are let in again: taking it back would lose what they write',
  });
  await orNotProven(run, 'seen from outside the host', async () => {
    const running = await run.check('look-from-outside', read.checkServing({ services: startOrder }), {
      says: 'known only at run time',
      result: { checks: [] },
    });
    run.verify(running.checks, 'report');
    await lookFromOutside(run);
  });
}

function lineOf({ name, status, got }: CheckResult): string {
  return `${name}: ${status}, ${got}`;
}

const NOTHING_COMPARED = {
  unreadable: 'known only at run time',
  tables: {},
  notCompared: {},
  uploads: { count: 0, notInBackup: 0, differing: 0, onlyInBackup: null },
} as const;
