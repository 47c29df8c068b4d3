import { change, read, undoWith } from '../../engine/calls.ts';
import { cutOverForGood } from '../../engine/cut-over-for-good.ts';
import type { StepsById } from '../../engine/procedure.ts';
import type { Run } from '../../engine/run.ts';
import { blockStartStep, unblockStartStep } from './hold-start.ts';

/** What happens to the database of an app that is stopped. */
export const tidyDatabaseSteps = {
  'settle-database': {
    kind: 'change',
    title: 'Prove that nothing has the database open',
    changes: 'writes what is left in the write-ahead log into the database file',
    undo: 'not needed: the content is the same',
  },
  'optimize-database': {
    kind: 'change',
    title: 'Vacuum, analyse and check the database',
    changes: 'a tidied copy takes the place of the database; the original is kept aside',
    undo: 'moves the original back',
  },
} as const satisfies StepsById;

/** VACUUM and ANALYZE with the app stopped, as a maintenance window does it. */
export const optimizeSteps = {
  'survey-optimize': { kind: 'check', title: 'Check what a stop for tidying the database needs' },
  'approve-optimize': { kind: 'gate', title: 'A person approves the stop' },
  ...blockStartStep,
  'stop-services': {
    kind: 'change',
    title: 'Stop the services (users are shut out)',
    changes: 'stops the proxy, the app and whatever else uses the data',
    undo: 'starts those that ran before',
  },
  ...tidyDatabaseSteps,
  'start-app': {
    kind: 'change',
    title: 'Start the app (users still shut out)',
    changes: 'starts the app alone',
    undo: 'stops it',
  },
  'cut-over': {
    kind: 'change',
    title: 'Let users in (point of no return)',
    changes: 'starts the proxy and the other services',
    undo: 'from here users write: nothing is taken back; the original database stays aside',
  },
  ...unblockStartStep,
} as const satisfies StepsById;

/** Tidies the database after an approval. Until users are let in again the original is moved back when anything fails. */
export async function optimize(
  run: Run<typeof optimizeSteps>,
  times: readonly string[],
  approvalTimeoutSeconds: number | undefined,
): Promise<void> {
  const survey = await run.check('survey-optimize', read.surveyOptimize({}));
  const { policies, stopOrder, startOrder, ranBefore, wasHealthy, app, lastResort } = survey;
  run.verify(survey.checks, 'rolled-back');
  await run.gate('approve-optimize', {
    question: 'The restart did not help. Approve to stop FDTS and tidy the database (VACUUM, ANALYZE).',
    plan: [
      { title: 'Response times after the restart', lines: times },
      { title: 'Stops', lines: [`${stopOrder.join(', ')}, for as long as the database takes to be copied`] },
      { title: 'Way back', lines: ['until users are let in the original database is moved back, by itself'] },
    ],
    timeoutSeconds: approvalTimeoutSeconds ?? survey.approvalTimeoutSeconds,
  });
  await run.change('block-start', change.blockStart({}), {
    undo: undoWith('Let FDTS start itself again', change.unblockStart({ policies })),
  });
  run.shutUsersOut();
  await run.change('stop-services', change.stopServices({ services: stopOrder }), {
    undo: undoWith('Start what ran before', change.startAsBefore({ services: ranBefore, wasHealthy })),
  });
  await run.change('settle-database', change.settleDatabase({}));
  const tidied = await run.change('optimize-database', change.optimizeDatabase({}), {
    undo: undoWith('Move the original database back', change.restoreDatabase({ archive: lastResort })),
  });
  run.section('Database', tidied.lines);
  await run.change('start-app', change.startServices({ services: [app], verify: true }), {
    undo: undoWith('Stop the app', change.stopServices({ services: [app] })),
  });
  await cutOverForGood(run, {
    services: startOrder,
    policies,
    besides: [],
    because: 'users are let in on the tidied database: taking it back would lose what they write',
  });
}
