import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { waitUntil } from '../../../setup/wait-until.ts';
import type { RunReport } from '../../../workflows/contracts/report.ts';
import { progressQuery } from '../../../workflows/messages.ts';
import { type FakeCall, unusedThings, windowSurvey } from '../../support/fake-host.ts';
import {
  fails,
  failsLater,
  gives,
  later,
  type Script,
  type ScriptedRun,
  ScriptedRuns,
} from '../../support/scripted-runs.ts';
import { startTemporalWorld, type TemporalWorld } from '../../support/temporal-world.ts';

const runs = new ScriptedRuns();
let world: TemporalWorld;

beforeAll(async () => {
  world = await startTemporalWorld();
  await world.startWorkers({}, runs.onCall);
});
afterAll(() => world.end());

const start = (script: Script = {}, input: object = {}) =>
  runs.start(world, 'plannedMaintenance', script, { watchSeconds: 1, ...input });

async function approved(script: Script = {}): Promise<ScriptedRun> {
  const run = await start(script);
  await run.asks('approve-plan');
  expect(await run.says('approve', { by: 'Ada' })).toContain('counts');
  return run;
}

const activities = ({ calls }: ScriptedRun) => calls.map(({ activity }) => activity);
const undosOf = ({ calls }: ScriptedRun) => calls.filter(({ ticket }) => ticket?.undoes !== undefined);
const inputsOf = (calls: readonly FakeCall[], activity: string) =>
  calls.filter((call) => call.activity === activity).map(({ input }) => input);
const linesOf = (report: RunReport, title: string) =>
  report.sections.find((section) => section.title === title)?.lines.join('\n') ?? '';
const stepOf = (report: RunReport, id: string) => report.steps.find((step) => step.id === id);

const cacheIsDown = { plain: [], doubtful: [], spared: [], buildCacheBytes: 0, down: ['cache'] };

const curl = { name: 'curl', from: '7', to: '8', security: true };

it('a service that had ended is not started because its image changed: its end would take the cut-over down', async () => {
  const [app] = windowSurvey.services;
  if (app === undefined) throw new Error('the made-up host has no service');
  const ended = { ...app, service: 'migrate', container: 'fdts_migrate_1', state: 'exited' } as const;
  const image = { service: 'app', image: 'fdts_app:latest', oldId: 'sha256:old', newId: 'sha256:new' };
  const images = ['app', 'migrate'].map((service) => ({ ...image, service, how: 'built', note: null }));
  const run = await approved({
    surveyHost: gives({ ...windowSurvey, services: [app, ended] }),
    'prepare-images': gives(images),
  });
  expect((await run.end()).report.outcome).toBe('completed');
  expect(inputsOf(run.calls, 'openToUsers')).toEqual([{ services: ['app', 'nginx'] }]);
});

it('all that can be prepared is done before users are shut out', async () => {
  const run = await approved({ surveyHost: gives({ ...windowSurvey, rehearse: true }) });
  const { report } = await run.end();
  expect(report.outcome).toBe('completed');
  const prepared = [
    'preparePackages',
    'prepareImages',
    'stageCopy',
    'startCopy',
    'probeCopy',
    'makeBackup',
    'verifyBackup',
    'copyBackup',
    'bundleConfiguration',
  ];
  const done = activities(run);
  const stop = done.indexOf('stopServices');
  expect(done.slice(0, stop)).toEqual(expect.arrayContaining(prepared));
  expect(done.slice(stop).filter((activity) => prepared.includes(activity))).toEqual([]);
});

describe('the weekly steps that a window includes', () => {
  it('stand in the plan, and are done with users served, once the new version was watched', async () => {
    const run = await start();
    await run.asks('approve-plan');
    const plan = JSON.stringify((await run.handle.query(progressQuery)).gate?.plan);
    for (const told of ['image unused', 'volume ffffffffffff', 'rotates /etc/logrotate.d/fdts'])
      expect(plan).toContain(told);
    await run.says('approve');
    const { status, report } = await run.end();
    expect({ status, outcome: report.outcome }).toEqual({ status: 'COMPLETED', outcome: 'completed' });

    const done = activities(run);
    const between = done.slice(done.indexOf('blockStart'), done.indexOf('watchForErrors'));
    const tidying = [
      'planDockerCleanUp',
      'cleanUpDocker',
      'planRotation',
      'rotateLogs',
      'proveRotation',
      'listUpgrades',
      'scanImages',
      'timeRequests',
    ];
    expect(between.filter((activity) => tidying.includes(activity))).toEqual([]);
    expect(
      done.slice(done.indexOf('watchForErrors')).filter((activity) => tidying.includes(activity)),
    ).toEqual(tidying.slice(0, -1));
    expect(inputsOf(run.calls, 'cleanUpDocker')).toEqual([{ things: Object.values(unusedThings) }]);
    expect(linesOf(report, 'Removed from Docker')).toContain('image unused');
    expect(linesOf(report, 'Security updates')).toBe('openssl 2: installed');
    expect(linesOf(report, 'Known vulnerabilities by image')).toContain('0 critical, 1 high');
  });

  it('leave what found a user since the plan, and what came later', async () => {
    const run = await approved({
      planDockerCleanUp: later({
        plain: [unusedThings.plain, { ...unusedThings.plain, id: 'sha256:newer', name: 'newer' }],
        doubtful: [],
        spared: [],
        buildCacheBytes: 0,
      }),
    });
    const { report } = await run.end();
    expect(inputsOf(run.calls, 'cleanUpDocker')).toEqual([{ things: [unusedThings.plain] }]);
    expect(linesOf(report, 'Removed from Docker')).toContain('volume ffffffffffff stays');
  });

  it('prove the rotation by who writes the logs then, not when the plan was made', async () => {
    const logs = [{ path: '/var/log/fdts/app.log', bytes: 3, inode: 9, writers: ['app (pid 70)'] }];
    const files = ['/etc/logrotate.d/fdts', '/etc/logrotate.d/other'];
    const run = await approved({ planRotation: later({ files, logs, checks: [] }) });
    await run.end();
    expect(inputsOf(run.calls, 'rotateLogs')).toEqual([{ files: ['/etc/logrotate.d/fdts'] }]);
    expect(inputsOf(run.calls, 'proveRotation')).toEqual([expect.objectContaining({ logs })]);
  });

  it('leave security updates that are still offered to a person, and say so', async () => {
    const run = await approved({ listUpgrades: gives({ upgrades: [curl] }) });
    const { status, report } = await run.end();
    expect({ status, outcome: report.outcome }).toEqual({
      status: 'COMPLETED',
      outcome: 'attention-needed',
    });
    expect(report.because).toContain('left: curl');
    expect(linesOf(report, 'Security updates')).toBe('openssl 2: installed\ncurl 8: left to do');
  });

  it('list no updates where they are switched off', async () => {
    const run = await approved({ surveyHost: gives({ ...windowSurvey, upgradePackages: false }) });
    const { report } = await run.end();
    expect(report.outcome).toBe('completed');
    expect(stepOf(report, 'list-upgrades')).toMatchObject({
      status: 'skipped',
      note: expect.stringContaining('maintenance.packages.upgrade'),
    });
  });

  it.concurrent.each([
    ['what nothing uses, seen again', { planDockerCleanUp: failsLater }],
    ['who writes the logs, seen again', { planRotation: failsLater }],
    ['the proof of the rotation', { proveRotation: fails() }],
    ['the list of updates', { listUpgrades: fails() }],
    ['the scan', { scanImages: fails() }],
    ['response times before the stop', { timeRequests: fails() }],
  ])(
    '%s that cannot be seen is not proven, and the new version stays',
    async (_, script) => {
      const run = await approved(script);
      const { status, report } = await run.end();
      expect({ status, outcome: report.outcome }).toEqual({ status: 'COMPLETED', outcome: 'completed' });
      expect(report.checks).toContainEqual(
        expect.objectContaining({ status: 'not proven', got: expect.stringContaining('made to fail') }),
      );
      expect(undosOf(run)).toEqual([]);
    },
    60_000,
  );

  it('are left alone where they could not be planned, which the plan says; the window goes on', async () => {
    const run = await start({ planDockerCleanUp: fails(), planRotation: fails() });
    await run.asks('approve-plan');
    const { gate } = await run.handle.query(progressQuery);
    const lines = gate?.plan.find(({ title }) => title === 'Docker, after the cut-over')?.lines;
    expect(lines).toEqual(['left alone: it could not be seen']);
    await run.says('approve');
    const { report } = await run.end();
    expect(report.outcome).toBe('completed');
    expect(activities(run)).not.toContain('cleanUpDocker');
    expect(activities(run)).not.toContain('rotateLogs');
  });

  it.each([
    ['when it is planned', gives(cacheIsDown)],
    ['once the new version is watched', later(cacheIsDown)],
  ])('leave Docker alone where a service is down %s; nobody is asked', async (when, planDockerCleanUp) => {
    const run = await start({ planDockerCleanUp });
    await run.asks('approve-plan');
    const { gate } = await run.handle.query(progressQuery);
    const lines = gate?.plan.find(({ title }) => title === 'Docker, after the cut-over')?.lines.join();
    expect(lines?.includes('left alone: cache is down')).toBe(when === 'when it is planned');
    await run.says('approve');
    const { report } = await run.end();
    expect(report.outcome).toBe('completed');
    expect(stepOf(report, 'clean-up-docker')).toMatchObject({
      status: 'skipped',
      note: expect.stringContaining('left alone: cache is down'),
    });
    expect(activities(run)).not.toContain('cleanUpDocker');
    expect(activities(run)).toContain('rotateLogs');
  });

  it('that fail are asked about, then left out: the new version stays', async () => {
    const run = await approved({ 'clean-up-docker': fails('SERVICE_DOWN') });
    await run.asks('clean-up-docker');
    await run.says('skip', { reason: 'later' });
    const { report } = await run.end();
    expect(report.outcome).toBe('completed');
    expect(activities(run)).toContain('rotateLogs');
    expect(undosOf(run)).toEqual([]);
  });

  it('in a dry run list every change, and make none', async () => {
    const run = await start({}, { dryRun: true });
    const { status, report } = await run.end();
    expect({ status, outcome: report.outcome }).toEqual({ status: 'COMPLETED', outcome: 'completed' });
    const changes = run.calls.filter(({ ticket }) => ticket !== null);
    expect(changes.filter(({ ticket }) => ticket?.dryRun !== true)).toEqual([]);
    expect(changes.map(({ activity }) => activity)).toEqual(
      expect.arrayContaining(['cleanUpDocker', 'rotateLogs']),
    );
    expect(stepOf(report, 'services')).toMatchObject({
      status: 'skipped',
      note: expect.stringContaining('a real run'),
    });
  });
});

const says = (name: string, status: string, got: string) =>
  gives({ checks: [{ name, status, expected: 'good', got, answer: 'do something' }], lines: [] });

describe('the post-maintenance checklist', () => {
  const figures = [{ name: 'p50 of the app', value: 3, unit: 'ms' }];
  const items: Script = {
    'try-functions': says('a user can log in', 'pass', 'a token'),
    checkServices: says('service app is up', 'pass', 'running'),
    checkHealth: says('the app answers', 'pass', '200 in 3 ms'),
    checkDisk: says('disk of /', 'pass', '40 %'),
    checkLogsSince: says("errors in the app's log", 'pass', '0 of 90 lines'),
    checkBackups: says('a recent verified backup exists', 'pass', 'one, 0.1 hours old'),
    compareResponseTimes: says('response time compared with before', 'pass', '3 ms (3 ms before)'),
  };

  it('names each item with what was measured, after everything that the window changes', async () => {
    const run = await approved({ ...items, timeRequests: gives({ checks: [], lines: [], figures }) });
    const { report } = await run.end();
    expect(report.outcome).toBe('completed');
    expect(linesOf(report, 'Post-maintenance checklist').split('\n')).toEqual([
      'pass: service app is up: running (expected good)',
      'pass: the app answers: 200 in 3 ms (expected good)',
      'pass: disk of /: 40 % (expected good)',
      "pass: errors in the app's log: 0 of 90 lines (expected good)",
      'pass: a recent verified backup exists: one, 0.1 hours old (expected good)',
      'pass: response time compared with before: 3 ms (3 ms before) (expected good)',
      'pass: a user can log in: a token (expected good)',
    ]);
    expect(report.checks).toContainEqual(
      expect.objectContaining({ name: 'Checklist: service app is up', status: 'pass' }),
    );
    expect(inputsOf(run.calls, 'compareResponseTimes')).toEqual([{ before: figures, requests: 20 }]);
    const done = activities(run);
    expect(done.indexOf('timeRequests')).toBeLessThan(done.indexOf('blockStart'));
    expect(done.lastIndexOf('rotateLogs')).toBeLessThan(done.indexOf('compareResponseTimes'));
    const started = stepOf(report, 'cut-over')?.endedAt ?? 0;
    expect(inputsOf(run.calls, 'checkLogsSince')).toEqual([
      expect.objectContaining({ since: new Date(started).toISOString() }),
    ]);
  });

  it.concurrent.each([
    ['a user who cannot log in', 'try-functions'],
    ['a service that is down', 'checkServices'],
    ['a health page that fails', 'checkHealth'],
    ['a full disk', 'checkDisk'],
    ['an error in the log', 'checkLogsSince'],
    ['no recent verified backup', 'checkBackups'],
    ['slower answers', 'compareResponseTimes'],
  ])(
    '%s needs attention, and the new version stays',
    async (_, at) => {
      const run = await approved({ ...items, [at]: says('made up', 'fail', 'bad') });
      const { status, report } = await run.end();
      expect({ status, outcome: report.outcome }).toEqual({
        status: 'COMPLETED',
        outcome: 'attention-needed',
      });
      expect(report.because).toBe('Checklist: made up: bad (do something)');
      expect(linesOf(report, 'Post-maintenance checklist').split('\n')).toHaveLength(7);
      expect(undosOf(run)).toEqual([]);
    },
    60_000,
  );

  it('what cannot be measured has failed, and the others are measured all the same', async () => {
    const run = await approved({ ...items, checkServices: fails('ENGINE_DOWN') });
    const { status, report } = await run.end();
    expect({ status, outcome: report.outcome }).toEqual({
      status: 'COMPLETED',
      outcome: 'attention-needed',
    });
    expect(report.because).toContain('Checklist: the services: made to fail');
    expect(linesOf(report, 'Post-maintenance checklist').split('\n')).toHaveLength(7);
    expect(undosOf(run)).toEqual([]);
  });
});

describe('a new version that does not serve after the cut-over', () => {
  const serving = { name: 'the app answers through the proxy', status: 'fail', expected: '2xx', got: '502' };
  const bad: Script = { checkServing: gives({ checks: [serving] }) };
  const changed: Script = { ...bad, compareSchema: gives({ changed: true }) };

  it.each([
    ['that has left the schema alone', bad],
    ['whose schema cannot be read', { ...bad, compareSchema: fails() }],
  ])('%s goes back to the old images by itself', async (_, script) => {
    const run = await approved(script);
    expect(await run.end()).toMatchObject({ type: 'rolled-back' });
    expect(undosOf(run).map(({ activity }) => activity)).toEqual(['goBackToImages']);
    // Both look for another user_version too: the new version may have migrated the data alone.
    const before = { schemaHash: 'a', userVersion: 1 };
    expect(inputsOf(run.calls, 'compareSchema')).toContainEqual(before);
    expect(inputsOf(run.calls, 'goBackToImages')).toEqual([expect.objectContaining(before)]);
  });

  it('whose cut-over failed on a changed schema, and which serves all the same, stays; what failed is told', async () => {
    const run = await approved({ 'cut-over': fails('NOT_UP'), compareSchema: gives({ changed: true }) });
    const { status, report } = await run.end();
    expect({ status, outcome: report.outcome }).toEqual({
      status: 'COMPLETED',
      outcome: 'attention-needed',
    });
    expect(report.because).toMatch(/^users were let in as planned: .*FDTS serves all the same/);
    expect(report.downtimeSeconds).toBeGreaterThan(0);
    expect(undosOf(run)).toEqual([]);
    expect(activities(run)).toContain('watchForErrors');
    expect(report.because).not.toContain('rollbackMaintenance');
  });

  it.each([
    ['a check that fails', changed],
    ['a look that fails', { ...changed, checkServing: fails('NOT_UP') }],
    ['a cut-over that fails', { ...changed, 'cut-over': fails('NOT_UP') }],
  ])('and changed the schema stays after %s; a gate asks whether to go back', async (_, script) => {
    const run = await approved(script);
    const { status, report } = await run.end();
    expect({ status, outcome: report.outcome }).toEqual({
      status: 'COMPLETED',
      outcome: 'attention-needed',
    });
    expect(undosOf(run)).toEqual([]);
    const done = activities(run);
    expect(done, 'FDTS starts itself again while a person decides').toContain('unblockStart');
    for (const activity of ['watchForErrors', 'cleanUp', 'cleanUpDocker', 'rotateLogs'])
      expect(done).not.toContain(activity);
    expect(
      inputsOf(run.calls, 'announce')
        .map((message) => JSON.stringify(message))
        .join(),
    ).not.toContain('serves again');

    const id = `rollbackMaintenance-web-1-${report.stamp}`;
    expect(report.because).toContain(`run ${id} was started`);
    expect(report.because.startsWith('USERS ARE SHUT OUT')).toBe(script['cut-over'] !== undefined);
    const next = world.env.client.workflow.getHandle(id);
    const gate = async () => (await next.query(progressQuery)).gate?.step;
    const asks = () => gate().catch(() => undefined);
    expect(await waitUntil(async () => (await asks()) === 'approve-rollback', { timeoutMs: 20_000 })).toBe(
      true,
    );
    const { events } = await next.fetchHistory();
    const [input] = events?.[0]?.workflowExecutionStartedEventAttributes?.input?.payloads ?? [];
    expect(JSON.parse(String(input?.data))).toEqual({ host: 'web-1', run: report.stamp });
    await next.signal('abort');
    await next.result().catch(() => undefined);
  });
});
