import { Context } from '@temporalio/activity';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { ProgressTeller } from '../../../activities/execution/progress-teller.ts';
import { checklistMarkdown } from '../../../workflows/engine/checklist.ts';
import { progressQuery } from '../../../workflows/messages.ts';
import { type Behaviour, holdsUntil, latch, ScriptedRuns } from '../../support/scripted-runs.ts';
import { startTemporalWorld, type TemporalWorld } from '../../support/temporal-world.ts';

const runs = new ScriptedRuns();
let world: TemporalWorld;

beforeAll(async () => {
  world = await startTemporalWorld();
  await world.startWorkers({}, runs.onCall);
});
afterAll(() => world.end());

/** Tells the run, as the host worker's activities do, until it is released. */
function tellsUntil(released: Promise<void>, step: string, text: string): Behaviour {
  return async () => {
    const context = Context.current();
    const teller = new ProgressTeller(context, step);
    const timer = setInterval(() => {
      context.heartbeat(text);
      teller.tell(text);
    }, 100);
    await released.finally(() => clearInterval(timer));
    return undefined;
  };
}

it('shows how far a step is while it runs, and no longer once it is done', async () => {
  const done = latch();
  const said = 'archive: 120 of 480 MB, 60 MB/s, 6 s left';
  const run = await runs.start(world, 'manualBackup', {
    'back-up': tellsUntil(done.promise, 'back-up', said),
  });
  const asked = () => run.handle.query(progressQuery);
  await expect.poll(async () => checklistMarkdown(await asked(), 0), { timeout: 15_000 }).toContain(said);
  done.release();
  const { report } = await run.end();
  expect(report.outcome).toBe('completed');
  expect(JSON.stringify(report)).not.toContain(said);
});

it('names a signal that nobody knows in the report, instead of waiting for ever for somebody to hear it', async () => {
  const survey = latch();
  const run = await runs.start(world, 'manualBackup', { surveyBackup: holdsUntil(survey.promise) });
  await run.reached('surveyBackup');
  await run.handle.signal('aprove', { by: 'Ada' });
  survey.release();
  const { report } = await run.end();
  expect(report.sections).toContainEqual({
    title: 'Messages that changed nothing',
    lines: [expect.stringMatching(/signal "aprove": unknown, expected approve, abort, retry, skip/)],
  });
});
