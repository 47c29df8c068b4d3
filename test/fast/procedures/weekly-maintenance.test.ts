import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { RunReport } from '../../../workflows/contracts/report.ts';
import { progressQuery } from '../../../workflows/messages.ts';
import { type FakeCall, unusedThings, weeklyOrders, weeklySurvey } from '../../support/fake-host.ts';
import {
  fails,
  failsLater,
  gives,
  hangs,
  later,
  type RunEnd,
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

const start = (script?: Script, input?: object) =>
  runs.start(world, 'weeklyMaintenance', script, { approvalTimeoutSeconds: 8, watchSeconds: 1, ...input });

const bySchedule = (script: Script, approved: object = {}, windowToday: string | null = null) => {
  const approvedBeforehand = { ...weeklyOrders.approvedBeforehand, ...approved };
  const orders = gives({ windowToday, approvedBeforehand });
  const input = { host: 'web-1', watchSeconds: 1, approvalTimeoutSeconds: 1 };
  const options = { scheduledBy: 'fdts-web-1-weeklyMaintenance' };
  const offered = gives({ upgrades: [{ name: 'openssl', from: '1', to: '2', security: true }] });
  const all = { weeklyOrders: orders, listUpgrades: offered, ...script };
  return runs.start(world, 'weeklyMaintenance', all, input, options);
};
const byAda = (reason: string) => ({ by: 'Ada', reason });

async function approved(script: Script) {
  const run = await start(script);
  await run.asks('approve-plan');
  expect(await run.says('approve', { by: 'Ada' })).toContain('counts');
  return run;
}

const changesOf = (calls: readonly FakeCall[]) =>
  calls.flatMap(({ activity, ticket }) => (ticket === null || activity === 'announce' ? [] : [activity]));

const undosOf = (calls: readonly FakeCall[]) =>
  calls.flatMap(({ activity, ticket }) =>
    ticket?.undoes === undefined ? [] : [`${ticket.undoes}: ${activity}`],
  );

const section = (report: RunReport, title: string) =>
  report.sections.find((one) => one.title === title)?.lines.join('\n') ?? '';

const inputOf = (calls: readonly FakeCall[], activity: string) =>
  calls.find((call) => call.activity === activity)?.input;

function aDecisionIsAsked({ calls }: ScriptedRun): boolean {
  const told = calls.filter(({ activity }) => activity === 'announce').map(({ input }) => input);
  return JSON.stringify(told).includes('a decision is needed');
}

/** What a look at Docker finds, but for what a test is about. */
const planned = { plain: [unusedThings.plain], doubtful: [], spared: [], buildCacheBytes: 0 };

const cacheIsDown = { plain: [], doubtful: [], spared: [], buildCacheBytes: 0, down: ['cache'] };

function expectOnlyDockerLeftAlone({ report }: RunEnd, { calls }: ScriptedRun): void {
  expect(report.outcome).toBe('completed');
  expect(report.steps.find(({ id }) => id === 'clean-up-docker')).toMatchObject({
    status: 'skipped',
    note: expect.stringContaining('left alone: cache is down'),
  });
  expect(changesOf(calls).slice(2)).toEqual(['installPackages', 'optimizeLive', 'rotateLogs', 'finishRun']);
}

const inStop = { planDatabase: gives({ way: 'stop', because: 'writers would wait too long', lines: [] }) };
const engineUpgrade = {
  'prepare-packages': gives({
    upgrades: [
      { name: 'docker.io', from: '1', to: '2', security: false },
      { name: 'openssl', from: '1', to: '2', security: true },
    ],
  }),
};

describe('started by a person', () => {
  it('shows the plan at its gate, then works with users served', async () => {
    const run = await start();
    await run.asks('approve-plan');
    expect(changesOf(run.calls)).toEqual(['takeHold', 'preparePackages']);
    const plan = JSON.stringify((await run.handle.query(progressQuery)).gate?.plan);
    for (const told of [
      'openssl 1 → 2 (security)',
      'image unused',
      'volume ffffffffffff',
      'with the app live',
      '"no"',
    ])
      expect(plan).toContain(told);
    await run.says('approve');
    const { status, report } = await run.end();
    expect({ status, outcome: report.outcome }).toEqual({ status: 'COMPLETED', outcome: 'completed' });
    expect(changesOf(run.calls)).toEqual([
      'takeHold',
      'preparePackages',
      'installPackages',
      'cleanUpDocker',
      'optimizeLive',
      'rotateLogs',
      'finishRun',
    ]);
    expect(inputOf(run.calls, 'cleanUpDocker')).toEqual({ things: Object.values(unusedThings) });
    expect(report.downtimeSeconds).toBeNull();
    expect(section(report, 'Security updates')).toBe('openssl 2: installed');
    expect(section(report, 'Known vulnerabilities by image')).toContain('0 critical, 1 high');
  });

  it('leaves what somebody has given a name while the gate waited, and says so', async () => {
    const doubtful = [unusedThings.doubtful];
    const run = await approved({ planDockerCleanUp: later({ ...planned, plain: [], doubtful }) });
    const { report } = await run.end();
    expect(report.outcome).toBe('completed');
    expect(inputOf(run.calls, 'cleanUpDocker')).toEqual({ things: doubtful });
    expect(section(report, 'Removed from Docker')).toContain('image unused (10 bytes) stays');
  });

  it('removes nothing when it cannot see what is unused to this day; the rest is done', async () => {
    const run = await approved({ planDockerCleanUp: failsLater });
    const { report } = await run.end();
    expect(report.because).toContain('not proven: what nothing in Docker uses');
    expect(changesOf(run.calls).slice(2)).toEqual([
      'installPackages',
      'optimizeLive',
      'rotateLogs',
      'finishRun',
    ]);
  });

  it('leaves Docker alone while a service is down, as its plan says; the rest is done', async () => {
    const run = await start({ planDockerCleanUp: gives(cacheIsDown) });
    await run.asks('approve-plan');
    const plan = (await run.handle.query(progressQuery)).gate?.plan ?? [];
    const docker = plan.find(({ title }) => title === 'Docker')?.lines;
    expect(docker).toEqual([
      expect.stringContaining('left alone: cache is down'),
      'start or remove it, then start this again for Docker; approving now does the rest',
    ]);
    await run.says('approve');
    expectOnlyDockerLeftAlone(await run.end(), run);
  });

  it('does so as well when the service went down while the gate waited', async () => {
    const run = await approved({ planDockerCleanUp: later(cacheIsDown) });
    const end = await run.end();
    expectOnlyDockerLeftAlone(end, run);
    expect(section(end.report, 'Removed from Docker')).toContain('left alone: cache is down');
  });

  it('asks about a clean-up that failed; left out, the rest is done', async () => {
    const run = await approved({ 'clean-up-docker': fails('SERVICE_DOWN') });
    await run.asks('clean-up-docker');
    await run.says('skip', { by: 'Ada', reason: 'the cache is being mended' });
    const { report } = await run.end();
    expect(report.outcome).toBe('completed');
    expect(undosOf(run.calls)).toEqual([]);
    expect(changesOf(run.calls)).toContain('rotateLogs');
  });

  it('takes everything back when a person says so to a clean-up that failed', async () => {
    const run = await approved({ 'clean-up-docker': fails('SERVICE_DOWN') });
    await run.asks('clean-up-docker');
    await run.says('abort', { by: 'Ada' });
    expect(await run.end()).toMatchObject({ type: 'aborted' });
    expect(undosOf(run.calls)).toEqual(['install-packages: bringBack']);
  });

  it('stops for a short time when the database needs it, with a verified backup before', async () => {
    const run = await approved(inStop);
    const { report } = await run.end();
    expect(report.outcome).toBe('completed');
    expect(changesOf(run.calls).slice(2)).toEqual([
      'installPackages',
      'cleanUpDocker',
      'rotateLogs',
      'makeBackup',
      'bundleConfiguration',
      'blockStart',
      'stopServices',
      'settleDatabase',
      'optimizeDatabase',
      'startAsTheyAre',
      'smokeTest',
      'startAsTheyAre',
      'unblockStart',
      'finishRun',
    ]);
    expect(run.calls.map(({ activity }) => activity)).toContain('verifyBackup');
    expect(inputOf(run.calls, 'smokeTest')).toEqual({ startNothing: true });
    // The rows are compared with those of the closed database, not with what was counted while users wrote.
    expect(inputOf(run.calls, 'optimizeDatabase')).toEqual({});
    expect(report.downtimeSeconds).not.toBeNull();
  });

  it('restarts Docker only in the stop', async () => {
    const run = await approved(engineUpgrade);
    const { report } = await run.end();
    expect(report.outcome).toBe('completed');
    const changes = changesOf(run.calls);
    expect(changes.indexOf('stopServices')).toBeLessThan(changes.indexOf('restartDeferred'));
    expect(changes).toContain('optimizeLive');
    expect(changes).not.toContain('optimizeDatabase');
  });

  it('stops nothing while another image is prepared, which a start would deploy', async () => {
    const survey = gives({ ...weeklySurvey, movedTags: ['app'] });
    const run = await approved({ ...inStop, ...engineUpgrade, surveyWeekly: survey });
    const { report } = await run.end();
    expect(changesOf(run.calls)).not.toContain('stopServices');
    expect(section(report, 'Left to do')).toMatch(/packages: docker.io .*another image is prepared for app/);
    expect(section(report, 'Left to do')).toMatch(
      /database: writers would wait too long; FDTS is not stopped/,
    );
  });

  it.each([
    ['the host', { host: ['app runs another image'], packages: [] }],
    ['the package lists', { host: [], packages: ['openssl 3 instead of 2'] }],
  ])('ends when %s changed since the plan was made', async (_, differences) => {
    const run = await approved({ comparePlan: gives(differences) });
    const { type, report } = await run.end();
    expect(type).toBe('rolled-back');
    expect(report.because).toContain('changed since the plan was made');
    expect(changesOf(run.calls)).toEqual(['takeHold', 'preparePackages', 'finishRun']);
  });

  it('is told that the monthly window is on this day, and may go on', async () => {
    const run = await start({
      weeklyOrders: gives({ ...weeklyOrders, windowToday: 'first sunday at 02:00' }),
    });
    await run.asks('approve-plan');
    expect((await run.handle.query(progressQuery)).gate?.question).toContain('first sunday at 02:00');
    await run.says('abort');
    expect(await run.end()).toMatchObject({ type: 'rejected' });
    expect(changesOf(run.calls)).toEqual(['takeHold', 'preparePackages', 'finishRun']);
  });

  it('and not answered ends as expired, with nothing changed', async () => {
    const run = await start({}, { approvalTimeoutSeconds: 1 });
    expect(await run.end()).toMatchObject({ type: 'expired' });
    expect(changesOf(run.calls)).toEqual(['takeHold', 'preparePackages', 'finishRun']);
  });

  it('is refused while a check of the host fails, such as that of the backups', async () => {
    const check = {
      name: 'a recent verified backup',
      status: 'fail',
      expected: 'below 48 h',
      got: 'none',
      answer: 'x',
    };
    const run = await start({ surveyWeekly: gives({ ...weeklySurvey, checks: [check] }) });
    expect(await run.end()).toMatchObject({
      type: 'refused',
      report: { because: expect.stringContaining('got none') },
    });
    expect(changesOf(run.calls)).toEqual(['takeHold', 'finishRun']);
  });
});

describe('started by its schedule', () => {
  it('only looks where nothing was approved beforehand, and lists what is left', async () => {
    const run = await bySchedule({});
    const { status, report } = await run.end();
    expect({ status, outcome: report.outcome }).toEqual({ status: 'COMPLETED', outcome: 'attention-needed' });
    expect(changesOf(run.calls)).toEqual(['takeHold', 'finishRun']);
    expect(report.because).toContain('left: openssl');
    const left = section(report, 'Left to do');
    for (const part of ['packages', 'docker', 'database', 'logs'])
      expect(left).toContain(`not approved beforehand (${part})`);
    expect(section(report, 'Approved beforehand')).toBe('nothing: this run only looks');
    expect(report.decisions).toEqual([]);
  });

  it('does what was approved, says by whom and why, and leaves what may be somebody’s to a person', async () => {
    const run = await bySchedule(
      {},
      { docker: byAda('disk fills up'), logs: byAda('harmless'), packages: byAda('security') },
    );
    const { report } = await run.end();
    expect(report.outcome).toBe('completed');
    expect(changesOf(run.calls)).toEqual([
      'takeHold',
      'preparePackages',
      'installPackages',
      'cleanUpDocker',
      'rotateLogs',
      'finishRun',
    ]);
    expect(inputOf(run.calls, 'cleanUpDocker')).toEqual({ things: [unusedThings.plain] });
    // What may be somebody's was never approved: that it stays is no news.
    expect(section(report, 'Removed from Docker')).not.toContain('stays');
    expect(section(report, 'Approved beforehand')).toContain('docker: by Ada, because: disk fills up');
    expect(section(report, 'Left to do')).toContain('volume ffffffffffff; only a person may say');
  });

  it('asks nobody about a clean-up that failed: it is left out and told, the rest is done', async () => {
    const may = { docker: byAda('disk fills up'), logs: byAda('harmless') };
    const run = await bySchedule({ 'clean-up-docker': fails('SERVICE_DOWN') }, may);
    const { status, report } = await run.end();
    expect({ status, outcome: report.outcome }).toEqual({ status: 'COMPLETED', outcome: 'attention-needed' });
    expect(report.because).toContain('Remove what nothing in Docker uses: made to fail');
    expect(changesOf(run.calls)).toContain('rotateLogs');
    expect(undosOf(run.calls)).toEqual([]);
    expect(aDecisionIsAsked(run)).toBe(false);
  });

  it('asks nobody about packages that cannot be downloaded: what is offered is told as left, the rest is done', async () => {
    const may = { packages: byAda('security'), logs: byAda('harmless') };
    const run = await bySchedule({ 'prepare-packages': fails('SERVICE_DOWN') }, may);
    const { status, report } = await run.end();
    expect({ status, outcome: report.outcome }).toEqual({ status: 'COMPLETED', outcome: 'attention-needed' });
    expect(report.because).toContain(
      'Download package upgrades: made to fail (once the cause is mended: fdts-ops start weeklyMaintenance',
    );
    expect(section(report, 'Left to do')).toContain('openssl 1 → 2 (security); they could not be downloaded');
    expect(section(report, 'Security updates')).toBe('openssl 2: left to do');
    expect(changesOf(run.calls)).not.toContain('installPackages');
    expect(changesOf(run.calls)).toContain('rotateLogs');
    expect(aDecisionIsAsked(run)).toBe(false);
  });

  it.each([
    ['a rotation', 'rotate-logs', 'Rotate the logs', {}],
    ['a tidying', 'optimize-live', 'Tidy the database with the app live', {}],
    ['a bundle', 'bundle-configuration', 'Encrypt the configuration beside the backup', inStop],
  ])('nor about %s that failed: it is left out and told', async (_, step, title, more) => {
    const may = { logs: byAda('harmless'), database: byAda('quiet'), stop: byAda('nobody works on Sunday') };
    const run = await bySchedule({ ...more, [step]: fails('SERVICE_DOWN') }, may);
    const { status, report } = await run.end();
    expect({ status, outcome: report.outcome }).toEqual({ status: 'COMPLETED', outcome: 'attention-needed' });
    expect(report.because).toContain(`${title}: made to fail`);
    expect(undosOf(run.calls)).toEqual([]);
    expect(aDecisionIsAsked(run)).toBe(false);
  });

  it('stops nothing without a backup, and asks nobody about that either', async () => {
    const may = { database: byAda('quiet'), stop: byAda('nobody works on Sunday') };
    const run = await bySchedule({ ...inStop, 'back-up': fails('SERVICE_DOWN') }, may);
    const { report } = await run.end();
    expect(report.outcome).toBe('rolled-back');
    expect(changesOf(run.calls)).not.toContain('stopServices');
    expect(aDecisionIsAsked(run)).toBe(false);
  });

  it.each(['WORKER_ABSENT', 'OUT_OF_TIME'])(
    'goes no further when its first change ends by %s: it would work at noon',
    async (type) => {
      const may = { packages: byAda('security'), logs: byAda('harmless') };
      const run = await bySchedule({ 'prepare-packages': fails(type) }, may);
      const { report } = await run.end();
      expect(report.outcome).toBe('rolled-back');
      expect(changesOf(run.calls)).not.toContain('rotateLogs');
      expect(aDecisionIsAsked(run)).toBe(false);
    },
  );

  it('leaves Docker alone while a service is down, and does the rest', async () => {
    const may = { docker: byAda('disk fills up'), logs: byAda('harmless') };
    const run = await bySchedule({ planDockerCleanUp: gives(cacheIsDown) }, may);
    const { report } = await run.end();
    expect(section(report, 'Left to do')).toContain('Docker: left alone: cache is down');
    expect(changesOf(run.calls)).toEqual(['takeHold', 'rotateLogs', 'finishRun']);
  });

  it.each([
    ['without the word for a stop shuts nobody out', {}, false],
    ['with it stops for a short time', { stop: byAda('nobody works on Sunday') }, true],
  ])('%s', async (_, more, stops) => {
    const run = await bySchedule(
      { ...inStop, ...engineUpgrade },
      { packages: byAda('x'), database: byAda('x'), ...more },
    );
    const { report } = await run.end();
    const changes = changesOf(run.calls);
    expect(
      ['stopServices', 'optimizeDatabase', 'restartDeferred'].map((one) => changes.includes(one)),
    ).toEqual([stops, stops, stops]);
    expect(section(report, 'Left to do').includes('docker.io')).toBe(!stops);
  });

  it('on the day of the monthly window says so and ends, before it asks for the hold', async () => {
    const run = await bySchedule({}, { packages: byAda('x') }, 'first sunday at 02:00');
    const { status, report } = await run.end();
    expect(status).toBe('COMPLETED');
    expect(report.because).toBe(
      'nothing was done: the monthly window is on this day (first sunday at 02:00) and includes the weekly steps',
    );
    expect(changesOf(run.calls)).toEqual(['finishRun']);
    expect(run.calls.at(-1)).toMatchObject({ input: { holdsHost: false } });
  });
});

const WAY_BACK = [
  'start-app: stopServices',
  'optimize-database: restoreDatabase',
  'stop-services: startAsTheyAre',
  'block-start: unblockStart',
  'install-packages: bringBack',
];

describe('a change before the cut-over that fails is taken back, last first', () => {
  it.concurrent.each([
    ['install-packages', 4],
    ['block-start', 3],
    ['stop-services', 2],
    ['settle-database', 2],
    ['optimize-database', 1],
    ['start-app', 0],
    ['smoke-test', 0],
  ] as const)('%s', async (step, from) => {
    const run = await approved({ ...inStop, [step]: fails() });
    const { type } = await run.end();
    expect(type).toBe('rolled-back');
    expect(undosOf(run.calls)).toEqual(WAY_BACK.slice(from));
  });
});

it('FDTS that does not serve after an upgrade is brought back', async () => {
  const failed = { name: 'the app answers through the proxy', status: 'fail', expected: '2xx', got: '502' };
  const run = await approved({ checkServing: gives({ checks: [failed] }) });
  const { type, report } = await run.end();
  expect(type).toBe('rolled-back');
  expect(report.because).toContain('got 502');
  expect(undosOf(run.calls)).toEqual(['install-packages: bringBack']);
});

it('so it is where nothing was upgraded', async () => {
  const run = await approved({ 'prepare-packages': gives({ upgrades: [] }), checkServing: fails() });
  await run.end();
  expect(undosOf(run.calls)).toEqual(['clean-up-docker: bringBack']);
});

it('an abort while users are shut out is taken back', async () => {
  const run = await approved({ ...inStop, 'optimize-database': hangs });
  await run.reached('optimize-database');
  await run.says('abort', { by: 'Ada', reason: 'wrong night' });
  expect(await run.end()).toMatchObject({ type: 'aborted' });
  expect(undosOf(run.calls)).toEqual(WAY_BACK.slice(1));
});

it('a database that is locked is left as it is, and needs attention', async () => {
  const locked = {
    name: 'the database is tidied',
    status: 'fail',
    expected: 'done',
    got: 'locked',
    answer: 'find who',
  };
  const run = await approved({ 'optimize-live': gives({ checks: [locked], lines: ['left as it is'] }) });
  const { status, report } = await run.end();
  expect({ status, outcome: report.outcome }).toEqual({ status: 'COMPLETED', outcome: 'attention-needed' });
  expect(undosOf(run.calls)).toEqual([]);
});

it('a cut-over that fails for good needs an operator, and recover lets users in', async () => {
  const run = await approved({ ...inStop, 'cut-over': fails() });
  expect(await run.end()).toMatchObject({ type: 'needs-operator' });
  const ticket = run.calls.find((call) => call.ticket?.step === 'cut-over')?.ticket;
  expect(ticket?.finish?.map(({ activity }) => activity)).toEqual(['startAsTheyAre', 'unblockStart']);
});

it('what fails once users are served again takes nothing away', async () => {
  const run = await approved({ scanImages: fails(), proveRotation: fails() });
  const { status, report } = await run.end();
  expect({ status, outcome: report.outcome }).toEqual({ status: 'COMPLETED', outcome: 'completed' });
  expect(report.because).toMatch(/not proven: .*logging goes on after the rotation, .*images are scanned/);
});

it('a dry run lists every change and makes none', async () => {
  const run = await start(inStop, { dryRun: true });
  const { status, report } = await run.end();
  expect({ status, outcome: report.outcome }).toEqual({ status: 'COMPLETED', outcome: 'completed' });
  expect(
    run.calls.filter(({ ticket }) => ticket !== null && !ticket.dryRun).map(({ activity }) => activity),
  ).toEqual([]);
  expect(changesOf(run.calls)).toContain('optimizeDatabase');
});
