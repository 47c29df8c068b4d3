import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { progressQuery } from '../../../workflows/messages.ts';
import { corrupt, corruptionSurvey, type FakeCall, staged } from '../../support/fake-host.ts';
import { fails, gives, type Script, ScriptedRuns } from '../../support/scripted-runs.ts';
import { startTemporalWorld, type TemporalWorld } from '../../support/temporal-world.ts';

const runs = new ScriptedRuns();
let world: TemporalWorld;

beforeAll(async () => {
  world = await startTemporalWorld();
  await world.startWorkers({}, runs.onCall);
});
afterAll(() => world.end());

const SHORT = { approvalTimeoutSeconds: 8, watchSeconds: 1 };
const start = (script?: Script, input?: object) =>
  runs.start(world, 'databaseCorruption', script, { ...SHORT, ...input });

async function approved(script: Script, gate = 'approve-restore') {
  const run = await start(script);
  await run.asks(gate);
  expect(await run.says('approve', { by: 'Ada' })).toContain('counts');
  return run;
}

const changesOf = (calls: readonly FakeCall[]) =>
  calls.flatMap(({ activity, ticket }) => (ticket === null || activity === 'announce' ? [] : [activity]));
const undosOf = (calls: readonly FakeCall[]) =>
  calls.flatMap(({ activity, ticket }) =>
    ticket?.undoes === undefined || ticket.dryRun ? [] : [`${ticket.undoes}: ${activity}`],
  );

const check = (status: 'pass' | 'fail') => ({ name: 'integrity', status, expected: 'ok', got: status });
const sound = gives({ state: 'sound', checks: [check('pass')] });

/** Where every end leads once FDTS is stopped. */
const STOPPED = ['find-good-backup: discardStaged', 'stop-services: stopServices'];

/** What the gate shows for what the search found; answered with an abort. */
async function planFor(found: object) {
  const run = await start({ 'find-good-backup': gives(found) });
  await run.asks('approve-restore');
  const plan = (await run.handle.query(progressQuery)).gate?.plan ?? [];
  await run.says('abort');
  await run.end();
  return plan;
}

describe('a database that is sound', () => {
  it('of an app that serves: nothing is stopped and nothing started', async () => {
    const run = await start({ checkDatabase: sound });
    expect(await run.end()).toMatchObject({ status: 'COMPLETED', report: { outcome: 'completed' } });
    expect(changesOf(run.calls)).toEqual(['takeHold', 'finishRun']);
  });

  it('of an app that is down: it is started, without asking', async () => {
    const run = await start({
      checkDatabase: sound,
      surveyCorruption: gives({ ...corruptionSurvey, isServing: false }),
    });
    expect(await run.end()).toMatchObject({ report: { outcome: 'completed' } });
    expect(changesOf(run.calls)).toEqual(['takeHold', 'startServices', 'finishRun']);
  });

  it('of an app that does not start: said, with what answers it', async () => {
    const run = await start({
      checkDatabase: sound,
      surveyCorruption: gives({ ...corruptionSurvey, isServing: false }),
      'start-again': fails(),
    });
    expect(await run.end()).toMatchObject({
      report: {
        outcome: 'attention-needed',
        because: expect.stringContaining('fdts-ops start applicationDown'),
      },
    });
  });

  it('but for rows that point nowhere: said, and no reason to stop anything', async () => {
    const run = await start({ checkDatabase: gives({ state: 'doubtful', checks: [check('fail')] }) });
    expect(await run.end()).toMatchObject({ report: { outcome: 'attention-needed' } });
    expect(changesOf(run.calls)).toEqual(['takeHold', 'finishRun']);
  });
});

const RESTORED = { name: 'integrity of the restored database', expected: 'ok' };

describe('a corrupt database', () => {
  it('stops FDTS at once, shows what would be lost, and is replaced after an approval', async () => {
    const run = await start();
    await run.asks('approve-restore');
    const gate = (await run.handle.query(progressQuery)).gate;
    const plan = gate?.plan.flatMap(({ title, lines }) => [title, ...lines]).join('\n') ?? '';
    expect(plan).toMatch(/made 2026-01-04T02:00:00.000Z, .* ago/);
    expect(plan).toContain('/backups/newer.tar.gz: its end is missing');
    expect(plan).toContain('folder /external could not be read');
    expect(plan).toContain('users: 2 of 5 rows would be gone');
    expect(plan).toContain('users: 2 rows');
    expect(plan).toContain('/data/db, 1 bytes, sha256 d');
    expect(plan).toContain('FDTS stays stopped');
    expect(changesOf(run.calls)).toEqual([
      'takeHold',
      'blockStart',
      'stopServices',
      'hashDamaged',
      'stageNewestGood',
      'salvageRestored',
    ]);
    await run.says('approve');
    const { status, report } = await run.end();
    expect({ status, outcome: report.outcome }).toEqual({ status: 'COMPLETED', outcome: 'completed' });
    expect(changesOf(run.calls).slice(6)).toEqual([
      'swapInRestored',
      'startServices',
      'smokeTest',
      'openToUsers',
      'unblockStart',
      'salvageRestored',
      'cleanUp',
      'finishRun',
    ]);
    expect(report.downtimeSeconds).not.toBeNull();
    expect(report.checks).toContainEqual({ ...RESTORED, status: 'pass', got: 'ok, 3 users, 2 uploads' });
    // Users wait for the first one, and are in again at the second.
    const salvages = run.calls.filter(({ activity }) => activity === 'salvageRestored');
    expect(salvages.map(({ input }) => input)).toEqual([{ pace: 'fast' }, {}]);
  });

  it('and a backup of another schema: the gate says so, and it is no reason to leave users out', async () => {
    const other = { ...staged, schemaHash: 'b', userVersion: 0 };
    const run = await start({ 'find-good-backup': gives({ staged: other, bad: [] }) });
    await run.asks('approve-restore');
    expect(JSON.stringify((await run.handle.query(progressQuery)).gate?.plan)).toContain(
      'ITS SCHEMA IS NOT THAT OF THE LIVE DATABASE (user_version 0, live 1)',
    );
    await run.says('approve');
    expect(await run.end()).toMatchObject({ report: { outcome: 'completed' } });
  });

  it('and a backup of which not everything can be checked: restored, and its integrity is not proven', async () => {
    const notProven = ['not checked: the table places'];
    const run = await approved({
      'find-good-backup': gives({ staged: { ...staged, findings: notProven, notProven }, bad: [] }),
    });
    const { report } = await run.end();
    expect(report.outcome).toBe('completed');
    const got = 'no damage found; not checked: the table places';
    expect(report.checks).toContainEqual({ ...RESTORED, status: 'not proven', got });
  });

  it("and a host's worker of an earlier version: the gate names the newer partial ones, and that the uploads are swapped", async () => {
    const passedOver = [
      { archive: '/backups/later.tar.gz', why: '5 of 5 uploads are not in it at their path' },
    ];
    const whole = await planFor({ staged, bad: [], passedOver });
    expect(whole[0]?.title).toBe('Backup: the newest good one that is whole');
    const told = whole.find(({ title }) => title.includes('PARTIAL, passed over'))?.lines.join();
    expect(told).toContain('/backups/later.tar.gz: 5 of 5 uploads are not in it at their path');
    expect(told).toContain('start restoreBackup with {"archive":"/backups/later.tar.gz"}');
    const partial = await planFor({ staged: { ...staged, partial: true }, bad: [], passedOver: [] });
    expect(partial[0]?.lines.join()).toContain('its uploads take the place of those of now');
  });

  it('and a backup that is not known to have all uploads: the gate says so first, and that the uploads stay', async () => {
    const findings = ['there is no manifest', 'PARTIAL: 5 of 5 uploads are not in it at their path'];
    const partial = { ...staged, partial: true, isCompared: true, keepsUploads: true, findings };
    const run = await start({ 'find-good-backup': gives({ staged: partial, bad: [] }) });
    await run.asks('approve-restore');
    const plan = (await run.handle.query(progressQuery)).gate?.plan ?? [];
    const [backup] = plan;
    expect(backup?.lines[0]).toBe('PARTIAL: 5 of 5 uploads are not in it at their path');
    expect(backup?.lines.filter((line) => line.startsWith('PARTIAL'))).toHaveLength(1);
    const lost = plan.find(({ title }) => title.startsWith('Lost'))?.lines ?? [];
    expect(lost).toContainEqual(
      expect.stringMatching(/^uploads: none, all 4 stay in their place; 2 of them/),
    );
    expect(lost).toContainEqual(
      expect.stringMatching(/^uploads of the backup that are not there now .*: 3;/),
    );
    expect(lost.join()).not.toContain('would be gone, 1 would');
    await run.says('abort');
    expect(await run.end()).toMatchObject({ type: 'contained' });
  });

  it('and silence: FDTS stays stopped, and nothing starts it', async () => {
    const run = await start({}, { approvalTimeoutSeconds: 1 });
    const { type, report } = await run.end();
    expect(type).toBe('contained');
    expect(undosOf(run.calls)).toEqual(STOPPED);
    expect(report.commandsLeft[0]).toContain('fdts-ops start databaseCorruption');
    for (const activity of ['startServices', 'startAsBefore', 'unblockStart', 'openToUsers'])
      expect(changesOf(run.calls)).not.toContain(activity);
  });

  it.each(['abort', 'cancel'])('and %s: FDTS stays stopped', async (how) => {
    const run = await start();
    await run.asks('approve-restore');
    if (how === 'cancel') await run.handle.cancel();
    else expect(await run.says('abort')).toContain('the host stays stopped');
    expect(await run.end()).toMatchObject({ status: 'FAILED', type: 'contained' });
    expect(undosOf(run.calls)).toEqual(STOPPED);
  });

  it('and no good backup: contained, with what is bad and what to do', async () => {
    const bad = [{ archive: '/backups/one.tar.gz', why: 'its sha256 differs' }];
    const run = await start({ 'find-good-backup': gives({ staged: null, bad }) });
    expect(await run.end()).toMatchObject({
      type: 'contained',
      report: { because: expect.stringMatching(/no good backup.*one.tar.gz: its sha256 differs/) },
    });
  });

  it('and no backup that can be read: that they could not be is said, not that there are none', async () => {
    const unread = ['archive /backups/one.tar.gz could not be read: EIO'];
    const run = await start({ 'find-good-backup': gives({ staged: null, bad: [], unread }) });
    const { type, report } = await run.end();
    expect(type).toBe('contained');
    expect(report.because).toContain(
      'no good backup was found: archive /backups/one.tar.gz could not be read',
    );
    expect(report.sections).toContainEqual({ title: 'Backups that could not be read', lines: unread });
  });

  it.each([
    ['hash-damaged', ['stop-services: stopServices']],
    ['find-good-backup', STOPPED],
    ['checkClosed', ['stop-services: stopServices']],
  ])('and %s that fails before the gate: FDTS stays stopped', async (step, undos) => {
    const script: Script =
      step === 'checkClosed'
        ? { checkDatabase: async (call, nth) => (nth === 1 ? undefined : fails()(call, nth)) }
        : { [step]: fails() };
    const run = await start(script);
    expect(await run.end()).toMatchObject({ type: 'contained' });
    expect(undosOf(run.calls)).toEqual(undos);
  });

  it.each([
    ['swap-data', ['swap-data: takeBackRestored', ...STOPPED]],
    ['start-app', ['start-app: stopServices', 'swap-data: takeBackRestored', ...STOPPED]],
    ['smoke-test', ['start-app: stopServices', 'swap-data: takeBackRestored', ...STOPPED]],
  ])('and %s that fails after the approval: back into the safe state', async (step, undos) => {
    const run = await approved({ [step]: fails() });
    expect(await run.end()).toMatchObject({ type: 'contained' });
    expect(undosOf(run.calls)).toEqual(undos);
  });

  it('a salvage that fails is not proven, and is no reason to keep users out', async () => {
    const run = await approved({ 'salvage-damaged': fails() });
    const { report } = await run.end();
    expect(report.outcome).toBe('completed');
    expect(report.checks).toContainEqual(
      expect.objectContaining({ name: 'rows of the damaged database are salvaged', status: 'not proven' }),
    );
  });

  it('that is whole once it is closed: a person approves the start', async () => {
    const run = await approved(
      { checkDatabase: async (call, nth) => (nth === 1 ? { answer: corrupt } : sound(call, nth)) },
      'approve-start',
    );
    expect(await run.end()).toMatchObject({ report: { outcome: 'completed' } });
    expect(changesOf(run.calls)).not.toContain('swapInRestored');
    expect(changesOf(run.calls)).toContain('openToUsers');
  });

  it('what keeps the host from being stopped is told before anything is', async () => {
    const survey = { ...corruptionSurvey, checks: [check('fail')] };
    const run = await start({ surveyCorruption: gives(survey) });
    expect(await run.end()).toMatchObject({ type: 'refused' });
    expect(changesOf(run.calls)).toEqual(['takeHold', 'finishRun']);
  });
});

describe('a follow-up run', () => {
  const incident = {
    procedure: 'databaseCorruption',
    workflowId: 'earlier',
    runId: 'first',
    since: '2026-03-01T02:00:00.000Z',
    safeState: 'stopped',
    keep: { title: 'Keep', activity: 'stopServices', input: {} },
    left: ['start it again'],
  };
  const takeHold = gives({ fence: 2, incident });

  it('asks the compose file how things are to run, keeps FDTS stopped, and restores', async () => {
    const run = await approved({ takeHold });
    expect(await run.end()).toMatchObject({ report: { outcome: 'completed' } });
    expect(run.calls.find(({ activity }) => activity === 'surveyCorruption')?.input).toEqual({
      followUp: true,
    });
    const block = run.calls.find(({ activity }) => activity === 'blockStart');
    expect(block?.ticket?.undo).toBeUndefined();
  });

  it('that nobody answers leaves it contained', async () => {
    const run = await runs.start(world, 'databaseCorruption', { takeHold }, { approvalTimeoutSeconds: 1 });
    expect(await run.end()).toMatchObject({ type: 'contained' });
  });

  it('finds a database that was mended by hand, and starts it after an approval', async () => {
    const run = await approved({ takeHold, checkDatabase: sound }, 'approve-start');
    expect(await run.end()).toMatchObject({ report: { outcome: 'completed' } });
    expect(changesOf(run.calls)).not.toContain('swapInRestored');
  });
});

it('a dry run lists every change and makes none', async () => {
  const run = await start({}, { dryRun: true });
  expect(await run.end()).toMatchObject({ status: 'COMPLETED', report: { outcome: 'completed' } });
  const made = run.calls.filter(({ ticket }) => ticket !== null && !ticket.dryRun);
  expect(made.map(({ activity }) => activity)).toEqual([]);
  expect(run.calls.map(({ activity }) => activity)).toContain('swapInRestored');
});
