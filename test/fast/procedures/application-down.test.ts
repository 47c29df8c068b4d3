import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { waitUntil } from '../../../setup/wait-until.ts';
import { appDown, type FakeCall } from '../../support/fake-host.ts';
import { fails, gives, type Script, ScriptedRuns } from '../../support/scripted-runs.ts';
import { startTemporalWorld, type TemporalWorld } from '../../support/temporal-world.ts';

const runs = new ScriptedRuns();
let world: TemporalWorld;

beforeAll(async () => {
  world = await startTemporalWorld();
  await world.startWorkers({}, runs.onCall);
});
afterAll(() => world.end());

const start = (script?: Script, input?: object) => runs.start(world, 'applicationDown', script, input);

const changesOf = (calls: readonly FakeCall[]) =>
  calls.flatMap(({ activity, ticket }) => (ticket === null || activity === 'announce' ? [] : [activity]));

const unhealthy = (told: string) => gives({ healthy: false, seconds: null, told });
const pass = { name: 'integrity', status: 'pass', expected: 'ok', got: 'ok' };

it('an app that is up is said to be up, and nothing is changed', async () => {
  const run = await start({ surveyAppDown: gives({ ...appDown, isServing: true }) });
  expect(await run.end()).toMatchObject({ status: 'COMPLETED', report: { outcome: 'completed' } });
  expect(changesOf(run.calls)).toEqual(['takeHold', 'finishRun']);
});

it('another service that is down while users are served is said, and nothing is restarted', async () => {
  const beside = [{ name: 'service backup is up', status: 'fail', expected: 'running', got: 'exited' }];
  const run = await start({ surveyAppDown: gives({ ...appDown, isServing: true, beside }) });
  expect(await run.end()).toMatchObject({ report: { outcome: 'attention-needed' } });
  expect(changesOf(run.calls)).toEqual(['takeHold', 'finishRun']);
});

it('a restart of the app that helps is all that is done, without asking, and its seconds are told', async () => {
  const run = await start();
  const { report } = await run.end();
  expect(report.outcome).toBe('completed');
  expect(changesOf(run.calls)).toEqual(['takeHold', 'keepLogs', 'restartApp', 'finishRun']);
  expect(report.sections).toContainEqual({
    title: 'Tried',
    lines: ['restart of the app: healthy 2.5 s after it began'],
  });
  expect(report.decisions).toEqual([]);
});

it('a restart that does not help is followed by down and up', async () => {
  const run = await start({ 'restart-app': unhealthy('still 502') });
  const { report } = await run.end();
  expect(report.outcome).toBe('completed');
  expect(changesOf(run.calls)).toEqual(['takeHold', 'keepLogs', 'restartApp', 'recreateStack', 'finishRun']);
  expect(run.calls.map(({ activity }) => activity)).not.toContain('checkDatabase');
});

const waitedFor = (calls: readonly FakeCall[]) =>
  calls.find(({ activity }) => activity === 'checkServing')?.input;

describe('a service that did not run before', () => {
  const surveyAppDown = gives({ ...appDown, lasting: [...appDown.services, 'redis'] });

  it('is not waited for after a restart of the app, and is told as not proven', async () => {
    const run = await start({ surveyAppDown });
    const { report } = await run.end();
    expect(waitedFor(run.calls)).toEqual({ services: ['app', 'nginx'] });
    expect(report.outcome).toBe('completed');
    expect(report.because).toContain('not proven: service redis is up');
  });

  it('is waited for after down and up, which starts it', async () => {
    const run = await start({ surveyAppDown, 'restart-app': unhealthy('still 502') });
    const { report } = await run.end();
    expect(waitedFor(run.calls)).toEqual({ services: ['app', 'nginx', 'redis'] });
    expect(report.because).not.toContain('redis');
  });
});

it('images that nobody deployed are told to whoever makes the stack anew', async () => {
  const moved = [{ image: 'fdts_app:latest', ranId: 'sha256:a', namedId: 'sha256:b' }];
  const surveyAppDown = gives({ ...appDown, moved });
  const run = await start({ surveyAppDown, 'restart-app': unhealthy('still 502') });
  await run.end();
  expect(run.calls.find(({ activity }) => activity === 'recreateStack')?.input).toEqual({ moved });
});

it('when nothing helps and the database is sound, it needs an operator and says what was tried', async () => {
  const run = await start({
    'restart-app': unhealthy('exit code 1'),
    'recreate-stack': unhealthy('no such image'),
    checkDatabase: gives({ state: 'sound', checks: [pass] }),
  });
  expect(await run.end()).toMatchObject({
    type: 'needs-operator',
    report: {
      because: expect.stringMatching(
        /restart of the app: exit code 1; down and up of all services: no such image; the database is sound/,
      ),
    },
  });
});

it.each([
  ['restart-app', 'Restart the app'],
  ['recreate-stack', 'Take all services down and up again'],
  ['checkDatabase', 'Check integrity and foreign keys of the database'],
])('%s that fails leaves FDTS down, with nothing to take back: it needs an operator', async (at, title) => {
  const down = { 'restart-app': unhealthy('exit 1'), 'recreate-stack': unhealthy('exit 1') };
  const run = await start({ ...down, [at]: fails('ENGINE_DOWN') });
  const { type, report } = await run.end();
  expect(type).toBe('needs-operator');
  expect(report.because).toContain(`FDTS is down, and nothing helped: ${title}: made to fail`);
});

it('a corrupt database is escalated to its procedure, which starts by itself once the host is free', async () => {
  const run = await start({
    'restart-app': unhealthy('malformed'),
    'recreate-stack': unhealthy('malformed'),
  });
  const { report } = await run.end();
  expect(report.outcome).toBe('attention-needed');
  const id = `databaseCorruption-web-1-${report.stamp}`;
  expect(report.because).toContain(`databaseCorruption was started as run ${id}`);
  const next = world.env.client.workflow.getHandle(id);
  expect(
    await waitUntil(async () => (await next.describe()).status.name === 'RUNNING', { timeoutMs: 5_000 }),
  ).toBe(true);
  await next.signal('abort');
  await next.result().catch(() => undefined);
});

it('what was stopped on purpose is not started', async () => {
  const held = { name: 'nothing keeps FDTS from starting', status: 'fail', expected: 'none', got: 'held' };
  const run = await start({ surveyAppDown: gives({ ...appDown, checks: [held] }) });
  expect(await run.end()).toMatchObject({ type: 'refused' });
  expect(changesOf(run.calls)).toEqual(['takeHold', 'finishRun']);
});

it('logs that cannot be kept are no reason to leave it down', async () => {
  const run = await start({ 'keep-logs': fails() });
  const { report } = await run.end();
  expect(report.outcome).toBe('completed');
  expect(report.checks).toContainEqual(
    expect.objectContaining({ name: 'the logs are kept', status: 'not proven' }),
  );
});

it('a dry run lists both ways and makes none', async () => {
  const run = await start({}, { dryRun: true });
  expect(await run.end()).toMatchObject({ report: { outcome: 'completed' } });
  const made = run.calls.filter(({ ticket }) => ticket !== null && !ticket.dryRun);
  expect(made).toEqual([]);
  expect(run.calls.map(({ activity }) => activity)).toEqual(
    expect.arrayContaining(['keepLogs', 'restartApp', 'recreateStack']),
  );
});
