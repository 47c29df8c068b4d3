import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { progressQuery } from '../../../workflows/messages.ts';
import { type FakeCall, rollbackSurvey } from '../../support/fake-host.ts';
import { fails, gives, type Script, ScriptedRuns } from '../../support/scripted-runs.ts';
import { startTemporalWorld, type TemporalWorld } from '../../support/temporal-world.ts';

const runs = new ScriptedRuns();
let world: TemporalWorld;

beforeAll(async () => {
  world = await startTemporalWorld();
  await world.startWorkers({}, runs.onCall);
});
afterAll(() => world.end());

const before = { surveyRollback: gives({ ...rollbackSurvey, database: 'before', databaseBecause: 'asked' }) };

const start = (script?: Script, input?: object) =>
  runs.start(world, 'rollbackMaintenance', script, { approvalTimeoutSeconds: 8, watchSeconds: 1, ...input });

async function approved(script: Script, input?: object) {
  const run = await start(script, input);
  await run.asks('approve-rollback');
  expect(await run.says('approve', { by: 'Ada' })).toContain('counts');
  return run;
}

const undosOf = (calls: readonly FakeCall[]) =>
  calls.flatMap(({ activity, ticket }) =>
    ticket?.undoes === undefined || ticket.dryRun ? [] : [`${ticket.undoes}: ${activity}`],
  );

const changesOf = (calls: readonly FakeCall[]) =>
  calls.flatMap(({ activity, ticket }) => (ticket === null || activity === 'announce' ? [] : [activity]));

it('its gate says that users are shut out, and what an answer does about it', async () => {
  const run = await start({ surveyRollback: gives({ ...rollbackSurvey, isServing: false }) });
  await run.asks('approve-rollback');
  const gate = (await run.handle.query(progressQuery)).gate;
  expect(gate?.question).toMatch(/^USERS ARE SHUT OUT\./);
  expect(JSON.stringify(gate?.plan)).toContain('applicationDown');
  await run.says('abort');
  expect(await run.end()).toMatchObject({ type: 'rejected' });
});

it('a service that had ended gets its old image, and is not started', async () => {
  const [app] = rollbackSurvey.services;
  const [image] = rollbackSurvey.images;
  if (app === undefined || image === undefined) throw new Error('the made-up host has no service');
  const ended = { ...app, service: 'migrate', container: 'fdts_migrate_1', state: 'exited' } as const;
  const run = await approved({
    surveyRollback: gives({
      ...rollbackSurvey,
      services: [app, ended],
      images: [image, { ...image, service: 'migrate' }],
    }),
  });
  await run.end();
  const inputOf = (activity: string) =>
    JSON.stringify(run.calls.find((call) => call.activity === activity)?.input);
  expect(inputOf('switchToOldImages')).toContain('migrate');
  expect(inputOf('openToUsers')).not.toContain('migrate');
});

it('with the database kept only images move, and users lose nothing', async () => {
  const run = await start({}, { run: '20260104_020000' });
  await run.asks('approve-rollback');
  const plan = JSON.stringify((await run.handle.query(progressQuery)).gate?.plan);
  expect(plan).toContain('stays as it is: its schema is that of before the window');
  expect(plan).toContain('nothing: users keep what they wrote since');
  expect(changesOf(run.calls)).toEqual(['takeHold']);
  await run.says('approve');
  const { status, report } = await run.end();
  expect({ status, outcome: report.outcome }).toEqual({ status: 'COMPLETED', outcome: 'completed' });
  expect(run.calls.find(({ activity }) => activity === 'surveyRollback')?.input).toEqual({
    run: '20260104_020000',
    database: null,
  });
  expect(changesOf(run.calls)).toEqual([
    'takeHold',
    'blockStart',
    'stopServices',
    'switchToOldImages',
    'startServices',
    'smokeTest',
    'openToUsers',
    'unblockStart',
    'cleanUp',
    'finishRun',
  ]);
});

it('with the database of before the gate shows what was written since, and it is salvaged', async () => {
  const run = await start(before, { database: 'before' });
  await run.asks('approve-rollback');
  const plan = JSON.stringify((await run.handle.query(progressQuery)).gate?.plan);
  expect(plan).toContain('users: 2 of 5 rows would be gone');
  expect(plan).toContain('1 of then would be there again');
  expect(plan).toContain('nothing of orders');
  expect(plan).toContain('search: NOT COMPARED');
  expect(plan).toContain('uploads since: 2; they stay');
  expect(plan).toContain('deleted or moved since: 3; the database of before still names them');
  await run.says('approve');
  const { report } = await run.end();
  expect(report.outcome).toBe('completed');
  const changes = changesOf(run.calls);
  expect(changes.slice(0, 7)).toEqual([
    'takeHold',
    'stageDatabaseOfWindow',
    'blockStart',
    'stopServices',
    'salvageRestored',
    'swapInRestored',
    'switchToOldImages',
  ]);
  expect(changes).toContain('closeSwap');
  expect(run.calls.find(({ activity }) => activity === 'salvageRestored')?.input).toEqual({ pace: 'fast' });
  expect(report.sections).toContainEqual({
    title: 'What only the replaced database has',
    lines: ['users: 2 rows'],
  });
});

it('material that is gone is refused with what is there, before anything is changed', async () => {
  const failed = {
    name: 'what the window kept',
    status: 'fail',
    expected: 'an image',
    got: 'its database is gone',
  };
  const run = await start({ surveyRollback: gives({ ...rollbackSurvey, checks: [failed] }) });
  expect(await run.end()).toMatchObject({
    type: 'refused',
    report: { because: expect.stringContaining('its database is gone') },
  });
  expect(changesOf(run.calls)).toEqual(['takeHold', 'finishRun']);
});

it('an image that is gone since the gate opened ends the run, before anything is stopped', async () => {
  const run = await start({ compareHost: gives({ host: ['the image sha256:old is gone'] }) });
  await run.asks('approve-rollback');
  await run.says('approve');
  expect(await run.end()).toMatchObject({
    report: { because: expect.stringContaining('sha256:old is gone; start again') },
  });
  expect(changesOf(run.calls)).toEqual(['takeHold', 'finishRun']);
});

describe('every change before the cut-over that fails is taken back, last first', () => {
  const wayBack = [
    'start-app: stopServices',
    'switch-images: switchImages',
    'swap-data: takeBackRestored',
    'stop-services: startAsBefore',
    'block-start: unblockStart',
    'stage-database: discardStaged',
  ];
  it.concurrent.each([
    ['stage-database', 5],
    ['block-start', 4],
    ['stop-services', 3],
    ['salvage-rows', 3],
    ['swap-data', 2],
    ['switch-images', 1],
    ['start-app', 0],
    ['smoke-test', 0],
  ] as const)('%s', async (step, from) => {
    const run = await start({ ...before, [step]: fails() });
    if (step !== 'stage-database') {
      await run.asks('approve-rollback');
      await run.says('approve');
    }
    const { type, report } = await run.end();
    expect({ type, because: report.because }).toEqual({
      type: 'rolled-back',
      because: expect.stringContaining('made to fail'),
    });
    expect(undosOf(run.calls)).toEqual(wayBack.slice(from));
  });
});

it('the tags go back to the images of now', async () => {
  const run = await approved({ 'smoke-test': fails() });
  await run.end();
  expect(run.calls.find(({ ticket }) => ticket?.undoes === 'switch-images')?.input).toEqual({
    images: [{ image: 'fdts_app:latest', id: 'sha256:new' }],
  });
});

it('a cut-over that fails for good needs an operator, and recover goes on', async () => {
  const run = await approved({ ...before, 'cut-over': fails() });
  const { type, report } = await run.end();
  expect(type).toBe('needs-operator');
  expect(report.because).toMatch(/sudo fdts-ops recover/);
  expect(undosOf(run.calls)).toEqual([]);
  const ticket = run.calls.find((call) => call.ticket?.step === 'cut-over')?.ticket;
  expect(ticket?.finish?.map(({ activity }) => activity)).toEqual([
    'openToUsers',
    'unblockStart',
    'closeSwap',
  ]);
});

it('silence at the gate ends as expired, a no as rejected; nothing was stopped', async () => {
  const silent = await start({}, { approvalTimeoutSeconds: 1 });
  expect(await silent.end()).toMatchObject({ type: 'expired' });
  const refused = await start(before);
  await refused.asks('approve-rollback');
  await refused.says('abort');
  expect(await refused.end()).toMatchObject({ type: 'rejected' });
  expect(undosOf(refused.calls)).toEqual(['stage-database: discardStaged']);
});
