import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { progressQuery } from '../../../workflows/messages.ts';
import { type FakeCall, restoreSurvey, staged } from '../../support/fake-host.ts';
import { fails, gives, hangs, type Script, ScriptedRuns } from '../../support/scripted-runs.ts';
import { startTemporalWorld, type TemporalWorld } from '../../support/temporal-world.ts';

const runs = new ScriptedRuns();
let world: TemporalWorld;

beforeAll(async () => {
  world = await startTemporalWorld();
  await world.startWorkers({}, runs.onCall);
});
afterAll(() => world.end());

const start = (script?: Script, input?: object) =>
  runs.start(world, 'restoreBackup', script, { approvalTimeoutSeconds: 8, watchSeconds: 1, ...input });

async function approved(script: Script, input?: object) {
  const run = await start(script, input);
  await run.asks('approve-restore');
  expect(await run.says('approve', { by: 'Ada' })).toContain('counts');
  return run;
}

const undosOf = (calls: readonly FakeCall[]) =>
  calls.flatMap(({ activity, ticket }) =>
    ticket?.undoes === undefined || ticket.dryRun ? [] : [`${ticket.undoes}: ${activity}`],
  );

const changesOf = (calls: readonly FakeCall[]) =>
  calls.flatMap(({ activity, ticket }) => (ticket === null || activity === 'announce' ? [] : [activity]));

/** Every undo, last first, as it is registered by the time of the cut-over. */
const WAY_BACK = [
  'start-app: stopServices',
  'swap-data: takeBackRestored',
  'stop-services: startAsBefore',
  'block-start: unblockStart',
  'stage-backup: discardStaged',
];

it('the gate shows hash, age, what would be lost and the downtime; then it is done, with the salvage in the report', async () => {
  const run = await start();
  await run.asks('approve-restore');
  const gate = (await run.handle.query(progressQuery)).gate;
  const plan = gate?.plan.flatMap(({ title, lines }) => [title, ...lines]).join('\n') ?? '';
  expect(plan).toContain(`sha256 ${'b'.repeat(64)}`);
  expect(plan).toMatch(/made 2026-01-04T02:00:00.000Z, .* ago/);
  expect(plan).toContain('users: 2 of 5 rows would be gone, or as they were');
  expect(plan).toContain('uploads: 2 of 4 would be gone, 1 would be as they were');
  expect(plan).toContain('uploads that users deleted or moved since: 3; they would be there again');
  expect(plan).toContain('nothing of orders');
  expect(plan).toContain('search: NOT COMPARED, any of its rows may be lost');
  expect(plan).toContain('4.2 s, as the last restore measured');
  expect(changesOf(run.calls)).toEqual(['takeHold', 'stageRestore']);
  await run.says('approve');
  const { status, report } = await run.end();
  expect({ status, outcome: report.outcome }).toEqual({ status: 'COMPLETED', outcome: 'completed' });
  expect(report.sections).toContainEqual({ title: 'What only the old data has', lines: ['users: 2 rows'] });
  expect(report.checks).toContainEqual({
    name: 'integrity of the restored database',
    status: 'pass',
    expected: 'ok',
    got: 'ok, 3 users, 2 uploads',
  });
  expect(report.downtimeSeconds).not.toBeNull();
  expect(changesOf(run.calls)).toEqual([
    'takeHold',
    'stageRestore',
    'blockStart',
    'stopServices',
    'swapInRestored',
    'startServices',
    'smokeTest',
    'openToUsers',
    'unblockStart',
    'salvageRestored',
    'cleanUp',
    'finishRun',
  ]);
});

it.each([
  [
    'a database that cannot be read is said, and is no reason to stop',
    { unreadable: 'DATABASE_CORRUPT' },
    /cannot be counted: DATABASE_CORRUPT/,
  ],
  ['a table that is damaged is said', { tables: { users: null } }, /users: damaged/],
])('%s', async (_name, loss, told) => {
  const uploads = { count: 0, notInBackup: 0, differing: 0, onlyInBackup: 0 };
  const usual = { unreadable: null, tables: {}, notCompared: {}, uploads };
  const run = await start({ compareRestore: gives({ ...usual, ...loss }) });
  await run.asks('approve-restore');
  expect(JSON.stringify((await run.handle.query(progressQuery)).gate?.plan)).toMatch(told);
  await run.says('abort');
  expect(await run.end()).toMatchObject({ type: 'rejected' });
  expect(undosOf(run.calls)).toEqual(['stage-backup: discardStaged']);
});

it('a place that cannot be swapped by a rename is refused before anything is extracted', async () => {
  const failed = { name: 'database and uploads', status: 'fail', expected: 'no links', got: '2 hard links' };
  const survey = { ...restoreSurvey, checks: [failed] };
  const run = await start({ surveyRestore: gives(survey) });
  expect(await run.end()).toMatchObject({
    type: 'refused',
    report: { because: expect.stringContaining('2 hard links') },
  });
  expect(changesOf(run.calls)).toEqual(['takeHold', 'finishRun']);
});

describe('a backup whose schema is not that of the live database', () => {
  const other = { schemaHash: 'b', userVersion: 0 };
  const told = /user_version 0, of an older version.*--input '\{"archive":".*","allowOtherSchema":true\}'/;

  it('is refused before anything is extracted when its manifest tells', async () => {
    const run = await start({ surveyRestore: gives({ ...restoreSurvey, archiveSchema: other }) });
    expect(await run.end()).toMatchObject({
      type: 'refused',
      report: { because: expect.stringMatching(told) },
    });
    expect(changesOf(run.calls)).toEqual(['takeHold', 'finishRun']);
  });

  it('is refused once it is extracted when no manifest tells, and what was staged is removed', async () => {
    const survey = { ...restoreSurvey, archiveSchema: null };
    const run = await start({ surveyRestore: gives(survey), 'stage-backup': gives({ ...staged, ...other }) });
    expect(await run.end()).toMatchObject({
      type: 'refused',
      report: { because: expect.stringMatching(told) },
    });
    expect(undosOf(run.calls)).toEqual(['stage-backup: discardStaged']);
  });

  it('is restored when the input says so, and the gate shows it', async () => {
    const survey = { ...restoreSurvey, archiveSchema: other };
    const script = { surveyRestore: gives(survey), 'stage-backup': gives({ ...staged, ...other }) };
    const run = await start(script, { allowOtherSchema: true });
    await run.asks('approve-restore');
    expect(JSON.stringify((await run.handle.query(progressQuery)).gate?.plan)).toContain(
      'ITS SCHEMA IS NOT THAT OF THE LIVE DATABASE (user_version 0, live 1)',
    );
    await run.says('approve');
    expect(await run.end()).toMatchObject({ report: { outcome: 'completed' } });
  });

  it.each([
    ['the live database cannot be read', { schemaHash: null, userVersion: null }],
    ['the run began on an earlier version', { userVersion: undefined }],
  ])('is not compared when %s', async (_why, live) => {
    const survey = { ...restoreSurvey, archiveSchema: other, ...live };
    const run = await approved({
      surveyRestore: gives(survey),
      'stage-backup': gives({ ...staged, ...other }),
    });
    expect(await run.end()).toMatchObject({ report: { outcome: 'completed' } });
  });
});

it('a host that somebody else changed while the gate was open is left to them, before anything is stopped', async () => {
  const run = await approved({ compareHost: gives({ host: ['app runs another image'] }) });
  expect(await run.end()).toMatchObject({
    type: 'rolled-back',
    report: { because: expect.stringContaining('app runs another image; start again') },
  });
  expect(changesOf(run.calls)).not.toContain('blockStart');
  expect(undosOf(run.calls)).toEqual(['stage-backup: discardStaged']);
});

describe('every change before the cut-over that fails is taken back, last first', () => {
  it.concurrent.each([
    ['stage-backup', 4],
    ['block-start', 3],
    ['stop-services', 2],
    ['swap-data', 1],
    ['start-app', 0],
    ['smoke-test', 0],
  ] as const)('%s', async (step, from) => {
    const run = await start({ [step]: fails() });
    if (step !== 'stage-backup') {
      await run.asks('approve-restore');
      await run.says('approve');
    }
    const { type, report } = await run.end();
    expect(type).toBe('rolled-back');
    expect(report.because).toContain('made to fail');
    expect(undosOf(run.calls)).toEqual(WAY_BACK.slice(from));
    expect(run.calls.at(-1)).toMatchObject({ activity: 'finishRun', input: { holdsHost: true } });
  });
});

it('an app that fails its smoke checks on the restored data is taken back', async () => {
  const failed = { name: 'login', status: 'fail', expected: 'a token', got: '401' };
  const run = await approved({ 'smoke-test': gives({ checks: [failed], version: null }) });
  expect(await run.end()).toMatchObject({
    type: 'rolled-back',
    report: { because: expect.stringMatching(/login: got 401/) },
  });
  expect(undosOf(run.calls)).toEqual(WAY_BACK);
});

it('an app that was not healthy before need not be so after the way back', async () => {
  const survey = { ...restoreSurvey, wasHealthy: false, ranBefore: ['app'] };
  const run = await approved({ surveyRestore: gives(survey), 'swap-data': fails() });
  await run.end();
  expect(run.calls.find(({ activity }) => activity === 'startAsBefore')?.input).toEqual({
    services: ['app'],
    wasHealthy: false,
  });
});

describe('a run that is stopped while users are shut out is taken back', () => {
  it('by an abort', async () => {
    const run = await approved({ 'swap-data': hangs });
    await run.reached('swap-data');
    await run.says('abort', { by: 'Ada', reason: 'wrong archive' });
    expect(await run.end()).toMatchObject({ type: 'aborted' });
    expect(undosOf(run.calls)).toEqual(WAY_BACK.slice(1));
  });

  it('by a cancel', async () => {
    const run = await approved({ 'start-app': hangs });
    await run.reached('start-app');
    await run.handle.cancel();
    expect(await run.end()).toMatchObject({ status: 'CANCELED' });
    expect(undosOf(run.calls)).toEqual(WAY_BACK);
  });
});

it('silence at the gate ends as expired, with the staging removed', async () => {
  const run = await start({}, { approvalTimeoutSeconds: 1 });
  expect(await run.end()).toMatchObject({ type: 'expired' });
  expect(undosOf(run.calls)).toEqual(['stage-backup: discardStaged']);
});

describe('after the cut-over users have written to the restored data, and nothing is taken back', () => {
  it('a cut-over that fails for good needs an operator, and recover finishes it', async () => {
    const run = await approved({ 'cut-over': fails() });
    const { type, report } = await run.end();
    expect(type).toBe('needs-operator');
    expect(report.because).toMatch(/users could not be let in: made to fail.*sudo fdts-ops recover/);
    expect(undosOf(run.calls)).toEqual([]);
    const ticket = run.calls.find((call) => call.ticket?.step === 'cut-over')?.ticket;
    expect(ticket?.undo).toBeUndefined();
    expect(ticket?.finish?.map(({ activity }) => activity)).toEqual([
      'openToUsers',
      'unblockStart',
      'salvageRestored',
    ]);
  });

  it.concurrent.each(['unblock-start', 'salvage-rows', 'clean-up', 'announce-end'])(
    '%s that fails is left out and said',
    async (step) => {
      const run = await approved({ [step]: fails() });
      await run.asks(step);
      expect(await run.saysInVain('abort')).toMatch(/^too late, because/);
      await run.says('skip');
      expect(await run.end()).toMatchObject({ status: 'COMPLETED' });
      expect(undosOf(run.calls)).toEqual([]);
    },
  );

  it('a failed look from outside is reported, and what works stays', async () => {
    const failed = { name: 'serving', status: 'fail', expected: '200', got: '502' };
    const run = await approved({ checkServing: gives({ checks: [failed] }) });
    expect(await run.end()).toMatchObject({
      status: 'COMPLETED',
      report: { outcome: 'attention-needed', because: expect.stringContaining('502') },
    });
    expect(undosOf(run.calls)).toEqual([]);
  });
});

it('an undo that fails is loud, and names what is left', async () => {
  const run = await approved({ 'smoke-test': fails(), 'undo:swap-data': fails() });
  const { type, report } = await run.end();
  expect(type).toBe('needs-operator');
  expect(undosOf(run.calls)).toEqual(WAY_BACK.slice(0, 2));
  expect(report.commandsLeft.join('\n')).toContain('# Move the old database and uploads back');
});

it('a dry run lists every change and makes none', async () => {
  const run = await start({}, { dryRun: true });
  const { status, report } = await run.end();
  expect({ status, outcome: report.outcome }).toEqual({ status: 'COMPLETED', outcome: 'completed' });
  const made = run.calls.filter(({ ticket }) => ticket !== null && !ticket.dryRun);
  expect(made.map(({ activity }) => activity)).toEqual([]);
  expect(run.calls.map(({ activity }) => activity)).toContain('swapInRestored');
});
