import { afterAll, beforeAll, expect, it } from 'vitest';
import { progressQuery } from '../../../workflows/messages.ts';
import { recoverySurvey } from '../../support/fake-host.ts';
import { type Behaviour, fails, gives, ScriptedRuns } from '../../support/scripted-runs.ts';
import { startTemporalWorld, type TemporalWorld } from '../../support/temporal-world.ts';

const runs = new ScriptedRuns();
let world: TemporalWorld;

beforeAll(async () => {
  world = await startTemporalWorld();
  await world.startWorkers({}, runs.onCall);
});
afterAll(() => world.end());

const start = (input: object = {}, answers: Record<string, Behaviour> = {}) =>
  runs.start(world, 'disasterRecovery', answers, input);

const made = (run: Awaited<ReturnType<typeof start>>): string[] =>
  run.calls.filter(({ ticket }) => ticket !== null).map(({ activity }) => activity);

it('a drill works in a copy only, measures each step, and removes what it made', async () => {
  const run = await start();
  const { status, report } = await run.end();
  expect({ status, outcome: report.outcome }).toEqual({ status: 'COMPLETED', outcome: 'completed' });
  expect(made(run)).toEqual([
    'takeHold',
    'installEngine',
    'placeConfiguration',
    'getImages',
    'stageCopy',
    'startCopy',
    'probeCopy',
    'removeDrill',
    'finishRun',
  ]);
  const titles = report.sections.map(({ title }) => title);
  expect(titles).toContain('Measured recovery time');
  expect(titles).toContain('Data that would be lost');
  const measured = report.checks.find(({ name }) => name === 'recovered within the target');
  expect(measured).toMatchObject({ status: 'pass', expected: expect.stringContaining('recovery.target') });
});

it('data that is older than its target is told, and the run needs attention', async () => {
  const run = await start({}, { surveyRecovery: gives({ ...recoverySurvey, dataAgeSeconds: 86_400 }) });
  const { report } = await run.end();
  expect(report.outcome).toBe('attention-needed');
  expect(report.checks.find(({ name }) => name === 'the data is not older than the target')).toMatchObject({
    status: 'fail',
    expected: 'at most 24 hours (recovery.dataAge)',
    got: expect.stringMatching(/^\d+ days$/),
  });
});

it('the copy of a drill is kept when asked for', async () => {
  const run = await start({ keep: true });
  expect((await run.end()).report.outcome).toBe('completed');
  expect(made(run)).not.toContain('removeDrill');
});

it('a drill that fails is taken back: the copy, then the configuration', async () => {
  const bad = { name: 'a user can log in', status: 'fail', expected: 'a token', got: '401' };
  const run = await start({}, { verify: gives({ checks: [bad] }) });
  const { type, report } = await run.end();
  expect(type).toBe('rolled-back');
  expect(report.because).toContain('a user can log in: got 401');
  const undone = ['removeCopy', 'takeBackConfiguration'];
  expect(made(run).filter((name) => undone.includes(name))).toEqual(undone);
});

it('a real one on a machine that has nothing asks nobody, and says what is left to do', async () => {
  const run = await start({ mode: 'real' });
  const { report } = await run.end();
  expect(report.outcome).toBe('completed');
  expect(made(run).slice(4)).toEqual([
    'stageNewSite',
    'swapInRestored',
    'deploySite',
    'verifySite',
    'deploySite',
    'enableAtBoot',
    'finishRun',
  ]);
  expect(report.sections.find(({ title }) => title === 'Left to do')?.lines.join()).toContain('machineId');
});

const occupied = gives({
  ...recoverySurvey,
  overwrites: ['/opt/fdts/data/database.sqlite: there is a database'],
});

it('a real one on a machine that has data changes nothing before a person approves what is moved aside', async () => {
  const run = await start({ mode: 'real' }, { surveyRecovery: occupied });
  await run.asks('approve-overwrite');
  expect(made(run).filter((name) => name !== 'announce')).toEqual(['takeHold']);
  await run.says('approve', { by: 'Ada' });
  const { report } = await run.end();
  expect(report.outcome).toBe('completed');
  const plan = report.sections.find(({ title }) => title === 'Plan');
  expect(plan?.lines.join()).toContain('database.sqlite: there is a database');
});

it.each([
  ['abort', 'rejected'],
  ['silence', 'expired'],
])('%s at that gate leaves the machine as it was', async (answer, outcome) => {
  const run = await start({ mode: 'real', approvalTimeoutSeconds: 1 }, { surveyRecovery: occupied });
  if (answer === 'abort') {
    await run.asks('approve-overwrite');
    await run.says('abort', { by: 'Ada' });
  }
  expect((await run.end()).type).toBe(outcome);
  expect(made(run).filter((name) => !['takeHold', 'finishRun', 'announce'].includes(name))).toEqual([]);
});

it('a real one whose app does not come up is taken back whole, last first', async () => {
  const run = await start({ mode: 'real' }, { verify: fails('APP_NOT_HEALTHY') });
  const { type } = await run.end();
  expect(type).toBe('rolled-back');
  const undone = ['withdrawSite', 'takeBackRestored', 'discardStaged', 'takeBackConfiguration'];
  expect(made(run).filter((name) => undone.includes(name))).toEqual(undone);
});

const oldMachine = { host: 'old-1', machineId: 'c'.repeat(32), replacedBy: 'web-1' };
const replaces = gives({ ...recoverySurvey, oldMachine });

it('a service that is not up in time after users were let in takes nothing away: boot and fence follow, and it is told', async () => {
  const late = { checkServing: fails('CONTAINERS_NOT_UP'), surveyRecovery: replaces };
  const run = await start({ mode: 'real' }, late);
  const { report } = await run.end();
  expect(report.outcome).toBe('attention-needed');
  expect(report.because).toContain('FDTS serves: made to fail');
  expect(made(run).slice(-3)).toEqual(['enableAtBoot', 'announce', 'finishRun']);
  const fence = world.env.client.workflow.getHandle(`retireHost-web-1-${report.stamp}`);
  expect((await fence.describe()).status.name).toBe('RUNNING');
  await fence.terminate();
});

it('users who cannot be let in need an operator: nothing is taken back, and the old machine is not fenced off yet', async () => {
  const answers = { 'open-site': fails(), surveyRecovery: replaces };
  const run = await start({ mode: 'real', approvalTimeoutSeconds: 1 }, answers);
  await run.asks('open-site');
  const { gate } = await run.handle.query(progressQuery);
  expect(gate?.question).toContain('Without an answer nothing is taken back, and the run needs an operator');
  const { type, report } = await run.end();
  expect(type).toBe('needs-operator');
  expect(report.because).toMatch(/users could not be let in: made to fail.*sudo fdts-ops recover/);
  expect(report.sections.find(({ title }) => title === 'The old machine')?.lines.join()).toMatch(
    /not fenced off.*fdts-ops start retireHost --host old-1 --input/,
  );
  expect(
    made(run)
      .filter((name) => name !== 'announce')
      .slice(-2),
  ).toEqual(['deploySite', 'finishRun']);
});

it('what stands in the way is told before anything is changed', async () => {
  const running = {
    name: 'FDTS does not run here',
    status: 'fail',
    expected: 'none',
    got: 'app',
    answer: 'restoreBackup',
  };
  const run = await start(
    { mode: 'real' },
    { surveyRecovery: gives({ ...recoverySurvey, checks: [running] }) },
  );
  const { type, report } = await run.end();
  expect({ type, because: report.because }).toEqual({
    type: 'refused',
    because: expect.stringContaining('restoreBackup'),
  });
});

it('a dry run lists and changes nothing', async () => {
  const run = await start({ mode: 'real', dryRun: true });
  expect((await run.end()).report.outcome).toBe('completed');
  expect(run.calls.every(({ ticket }) => ticket === null || ticket.dryRun)).toBe(true);
});
