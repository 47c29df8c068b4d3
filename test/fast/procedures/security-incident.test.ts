import { once } from 'node:events';
import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { progressQuery } from '../../../workflows/messages.ts';
import { type FakeCall, incidentRecord, incidentSurvey } from '../../support/fake-host.ts';
import {
  type Behaviour,
  fails,
  gives,
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
  runs.start(world, 'securityIncident', script, { approvalTimeoutSeconds: 8, watchSeconds: 1, ...input });

const changesOf = (calls: readonly FakeCall[]) =>
  calls.flatMap(({ activity, ticket }) => (ticket === null || activity === 'announce' ? [] : [activity]));

const EVIDENCE = ['preserveLogs', 'preserveHostState', 'preserveFiles', 'preserveContainers', 'sealEvidence'];
const RENEWAL = ['issueOldToken', 'rotateSecrets', 'recreateServices', 'smokeTest', 'proveSecrets'];
const askedAgain = (run: ScriptedRun) =>
  expect.poll(async () => (await gateOf(run))?.needsPlanCode, { timeout: 10_000 }).toBe(true);
const gateOf = async (run: ScriptedRun) => (await run.handle.query(progressQuery)).gate;
const failed = (name: string) =>
  gives({ checks: [{ name, status: 'fail', expected: 'closed', got: 'open: 80', answer: 'close it' }] });

it('isolates before it takes the host, keeps evidence before it destroys any, and lets in by approval only', async () => {
  const run = await start(
    {},
    { description: 'strange logins', category: 'unauthorized-access', reporter: 'Bo' },
  );
  await run.asks('approve-reopen');
  expect(changesOf(run.calls)).toEqual(['isolateHost', 'takeHoldFirst', ...EVIDENCE, ...RENEWAL]);
  const plan = JSON.stringify((await run.handle.query(progressQuery)).gate?.plan);
  expect(plan).toContain('manifest sha256 ccc');
  expect(plan).toContain('LEFT TO DO: MAIL_PASSWORD');
  expect(plan).toContain('a token of before is refused');
  expect(await run.says('approve', { by: 'Ada' })).toContain('counts');
  const { status, report } = await run.end();
  expect({ status, outcome: report.outcome, because: report.because }).toEqual({
    status: 'COMPLETED',
    outcome: 'completed',
    because: expect.stringContaining('every step'),
  });
  expect(changesOf(run.calls).slice(-2)).toEqual(['reopenHost', 'finishRun']);
  expect(report.downtimeSeconds).toBeGreaterThan(0);
  const told = report.sections.flatMap(({ title, lines }) => [title, ...lines]).join('\n');
  for (const fact of [
    /Incident: securityIncident \d{8}_\d{6}/,
    /Reported by: Bo/,
    /Category: unauthorized-access/,
    /Description: strange logins/,
    /Affected resources: host web-1 \(machine id 0{32}\), services app, nginx, backup/,
    /Stored at: .*evidence\/20260104_020000 on the host \(0700\), 12 files/,
    /evidence verify .* --sha256 c{64}/,
    /logs\/app\.log: 10 bytes, sha256/,
    /NOT collected: host\/logins\.txt/,
    /Renewed at .*: JWT_SECRET, JWT_REFRESH_SECRET/,
  ])
    expect(told).toMatch(fact);
});

it.each([
  ['that is asked for', { periodSeconds: 600 }, 600],
  ['of the host where none is asked for', {}, incidentSurvey.periodSeconds],
])('evidence goes back for the period %s', async (_, input, sinceSeconds) => {
  const run = await start({}, input);
  await run.asks('approve-reopen');
  expect(run.calls.find(({ activity }) => activity === 'preserveLogs')?.input).toEqual({ sinceSeconds });
  await run.says('abort');
  expect(await run.end()).toMatchObject({ type: 'contained' });
});

describe('nobody lets users in but an approval', () => {
  it.each([
    ['silence', async () => undefined, /nobody answered/],
    [
      'an abort',
      async (run) => void (await run.says('abort', { by: 'Ada', reason: 'not yet' })),
      /aborted by Ada: not yet/,
    ],
    ['a cancel', async (run) => void (await run.handle.cancel()), /cancel/],
  ] satisfies [string, (run: Awaited<ReturnType<typeof start>>) => Promise<undefined | void>, RegExp][])(
    '%s',
    async (_, answer, because) => {
      const run = await start();
      await run.asks('approve-reopen');
      await answer(run);
      const { status, type, report } = await run.end();
      expect({ status, type, because: report.because }).toEqual({
        status: 'FAILED',
        type: 'contained',
        because: expect.stringMatching(because),
      });
      expect(report.because).toContain('The host stays isolated');
      expect(report.commandsLeft.join()).toContain('"action":"reopen"');
      expect(changesOf(run.calls)).not.toContain('reopenHost');
      expect(run.calls.filter(({ activity }) => activity === 'isolateHost').at(-1)?.ticket).toMatchObject({
        undoes: 'isolate',
      });
    },
  );
});

describe('a failure leaves users shut out', () => {
  it('nothing at all is changed on a host that cannot isolate', async () => {
    const check = { name: 'may isolate', status: 'fail', expected: 'yes', got: 'no sudo' };
    const run = await start({
      surveyIncident: gives({ ...incidentSurvey, checks: [check] }),
    });
    expect(await run.end()).toMatchObject({ type: 'refused' });
    expect(changesOf(run.calls)).toEqual(['finishRun']);
  });

  it('an isolation that cannot be made needs an operator, and says how it is made by hand', async () => {
    const run = await start({ isolate: fails(), 'undo:isolate': fails() });
    const { type, report } = await run.end();
    expect(type).toBe('needs-operator');
    expect(report.commandsLeft.join('\n')).toContain('fake undo:isolate');
    expect(changesOf(run.calls)).not.toContain('rotateSecrets');
  });

  it('services that do not start again leave the incident open', async () => {
    const run = await start({ 'recreate-services': fails() });
    await run.asks('recreate-services');
    expect((await run.handle.query(progressQuery)).gate?.answers).toEqual(['retry', 'abort']);
    expect(await run.end()).toMatchObject({ type: 'contained' });
    expect(changesOf(run.calls)).not.toContain('reopenHost');
  });

  it('evidence that cannot be kept asks first, since what follows destroys it', async () => {
    const run = await start({ 'preserve-containers': fails('NO_ROOM_FOR_EVIDENCE') });
    await run.asks('preserve-containers');
    expect(changesOf(run.calls)).not.toContain('recreateServices');
    await run.says('skip', { by: 'Ada', reason: 'the disk is full' });
    await run.asks('approve-reopen');
    expect(changesOf(run.calls)).toContain('recreateServices');
    await run.says('abort');
    expect(await run.end()).toMatchObject({ type: 'contained' });
  });

  it('a reopening that fails is loud', async () => {
    const run = await start({ reopen: fails() });
    await run.asks('approve-reopen');
    await run.says('approve');
    expect(await run.end()).toMatchObject({
      type: 'needs-operator',
      report: { because: expect.stringContaining('could not be let in') },
    });
  });
});

it('a port that is open from outside is told at once, goes to the gate, and the run wants attention', async () => {
  const run = await start({ probePorts: failed('closed at 192.0.2.10') });
  await run.asks('approve-reopen');
  const told = run.calls
    .filter(({ activity }) => activity === 'announce')
    .map(({ input }) => JSON.stringify(input));
  expect(told.join()).toContain('NOT everything is closed');
  expect(JSON.stringify((await run.handle.query(progressQuery)).gate?.plan)).toContain(
    'fail: closed at 192.0.2.10',
  );
  await run.says('approve');
  expect(await run.end()).toMatchObject({ status: 'COMPLETED', report: { outcome: 'attention-needed' } });
});

it('a port that is open to another host is told, though the control worker found it closed', async () => {
  const others = [{ name: 'web-2', taskQueue: 'fdts-host-web-1' }];
  const fromOther = 'closed at 192.0.2.10, seen from web-2';
  const run = await start({
    findVantagePoints: gives({ addresses: ['192.0.2.10'], publicUrl: null, others }),
    probePorts: async (call, nth) => (nth === 2 ? failed(fromOther)(call, nth) : undefined),
  });
  await run.asks('approve-reopen');
  const told = run.calls.filter(({ activity }) => activity === 'announce').map(({ input }) => input);
  expect(JSON.stringify(told)).toContain(`${fromOther}: open: 80`);
  await run.says('abort');
  expect(await run.end()).toMatchObject({ type: 'contained' });
});

it('what cannot be seen from outside is not proven, and stops nothing', async () => {
  const run = await start({ findVantagePoints: fails() });
  await run.asks('approve-reopen');
  await run.says('approve');
  const { report } = await run.end();
  expect(report.outcome).toBe('completed');
  expect(report.because).toContain('not proven: the isolation, seen from outside');
  expect(report.steps.find(({ id }) => id === 'look-from-outside')).toMatchObject({
    status: 'failed',
    note: 'made to fail',
  });
  expect(report.steps.filter(({ status }) => status === 'running')).toEqual([]);
});

describe('rules that were missing while the gate waits', () => {
  const gap = { name: 'users were shut out all the time', status: 'fail', expected: 'yes', got: 'once' };
  /** The first two looks are those before the gate. */
  const missingSince: Behaviour = async (_call, nth) =>
    nth > 2 ? { answer: { checks: [gap] } } : { answer: { checks: [] } };

  it('are told, and the gate asks again: nobody approves without having seen them', async () => {
    const run = await start({ checkIsolation: missingSince }, { approvalTimeoutSeconds: 12 });
    await run.asks('approve-reopen');
    await askedAgain(run);
    const gate = await gateOf(run);
    expect(gate?.question).toContain('users were shut out all the time: once');
    expect(JSON.stringify(gate?.plan)).toContain('fail: users were shut out all the time: once');
    const told = () => JSON.stringify(run.calls.findLast(({ activity }) => activity === 'announce')?.input);
    await expect.poll(told, { timeout: 10_000 }).toContain('users were shut out all the time: once');
    expect(await run.saysInVain('approve', { by: 'Ada' })).toContain('is not the plan that waits');
    await run.says('approve', { by: 'Ada', plan: gate?.planCode ?? '' });
    expect(await run.end()).toMatchObject({ status: 'COMPLETED', report: { outcome: 'attention-needed' } });
  });

  it('are seen when it is answered, before anybody is let in', async () => {
    const run = await start({ checkIsolation: missingSince }, { approvalTimeoutSeconds: 3600 });
    await run.asks('approve-reopen');
    await run.says('approve', { by: 'Ada' });
    await askedAgain(run);
    expect(changesOf(run.calls)).not.toContain('reopenHost');
    await run.says('approve', { by: 'Ada', plan: (await gateOf(run))?.planCode ?? '' });
    expect(await run.end()).toMatchObject({ status: 'COMPLETED', report: { outcome: 'attention-needed' } });
  });

  it('are not missed when a look at them is under way while it is answered', async () => {
    const ready = new AbortController();
    const slow: Behaviour = async (_call, nth) => {
      if (nth === 3) await once(ready.signal, 'abort');
      if (nth === 4) {
        // The look after the answer ends after the one before it, and finds nothing that is not known.
        ready.abort();
        await delay(1500);
      }
      return { answer: { checks: nth > 2 ? [gap] : [] } };
    };
    const run = await start({ checkIsolation: slow }, { approvalTimeoutSeconds: 12 });
    await run.asks('approve-reopen');
    const looks = () => run.calls.filter(({ activity }) => activity === 'checkIsolation').length;
    await expect.poll(looks, { timeout: 10_000 }).toBe(3);
    await run.says('approve', { by: 'Ada' });
    await askedAgain(run);
    expect(changesOf(run.calls)).not.toContain('reopenHost');
    await run.says('approve', { by: 'Ada', plan: (await gateOf(run))?.planCode ?? '' });
    expect(await run.end()).toMatchObject({ status: 'COMPLETED', report: { outcome: 'attention-needed' } });
  });

  it('do not make it wait for longer', async () => {
    const run = await start({ checkIsolation: missingSince }, { approvalTimeoutSeconds: 6 });
    await run.asks('approve-reopen');
    await askedAgain(run);
    expect(await run.end()).toMatchObject({
      type: 'contained',
      report: { decisions: [{ what: 'expired', gate: 'approve-reopen' }] },
    });
  });

  it('and that cannot be seen keep nobody from approving', async () => {
    const run = await start({
      checkIsolation: async (call, nth) => (nth > 2 ? fails()(call, nth) : undefined),
    });
    await run.asks('approve-reopen');
    await run.says('approve', { by: 'Ada' });
    expect(await run.end()).toMatchObject({ status: 'COMPLETED', report: { outcome: 'completed' } });
  });
});

describe('a follow-up that only lets users in', () => {
  it('makes sure of the isolation, and asks the gate again', async () => {
    const open = gives({ ...incidentSurvey, isolatedSince: incidentRecord.isolatedAt });
    const run = await start({ surveyIncident: open }, { action: 'reopen' });
    await run.asks('approve-reopen');
    expect(changesOf(run.calls)).toEqual(['isolateHost', 'takeHoldFirst']);
    await run.says('approve');
    expect(await run.end()).toMatchObject({ status: 'COMPLETED', report: { outcome: 'completed' } });
    expect(changesOf(run.calls).slice(-2)).toEqual(['reopenHost', 'finishRun']);
  });

  it('is refused where users are not shut out', async () => {
    const run = await start({}, { action: 'reopen' });
    expect(await run.end()).toMatchObject({
      type: 'refused',
      report: { because: expect.stringContaining('no incident is open') },
    });
    expect(changesOf(run.calls)).toEqual(['finishRun']);
  });

  it('shows at the gate that nothing was renewed or proven', async () => {
    const bare = { ...incidentRecord, evidence: [], secrets: null, provenAt: null };
    const open = gives({ ...incidentSurvey, isolatedSince: incidentRecord.isolatedAt });
    const run = await start(
      { surveyIncident: open, readIncident: gives({ incident: bare }) },
      { action: 'reopen' },
    );
    await run.asks('approve-reopen');
    const plan = JSON.stringify((await run.handle.query(progressQuery)).gate?.plan);
    expect(plan).toMatch(/NONE WAS SEALED.*NOT RENEWED.*NOT PROVEN/);
    await run.says('abort');
    expect(await run.end()).toMatchObject({ type: 'contained' });
  });
});

it('a dry run lists every change and makes none', async () => {
  const run = await start({}, { dryRun: true });
  const { status, report } = await run.end();
  expect({ status, outcome: report.outcome }).toEqual({ status: 'COMPLETED', outcome: 'completed' });
  expect(run.calls.every(({ ticket }) => ticket === null || ticket.dryRun || ticket.step === 'finish')).toBe(
    true,
  );
  expect(changesOf(run.calls)).toEqual(['isolateHost', ...EVIDENCE, ...RENEWAL, 'reopenHost', 'finishRun']);
});
