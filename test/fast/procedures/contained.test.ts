import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { FakeCall } from '../../support/fake-host.ts';
import {
  fails,
  fencedOffSince,
  gives,
  hangs,
  type Script,
  ScriptedRuns,
} from '../../support/scripted-runs.ts';
import { startTemporalWorld, type TemporalWorld } from '../../support/temporal-world.ts';

const runs = new ScriptedRuns();
let world: TemporalWorld;

beforeAll(async () => {
  world = await startTemporalWorld();
  await world.startWorkers({}, runs.onCall, new URL('../../support/incident-workflows.ts', import.meta.url));
});
afterAll(() => world.end());

const drill = (script?: Script, input?: object) => runs.start(world, 'drill', script, input);

async function approved(script: Script) {
  const run = await drill(script);
  await run.asks('approve-mending');
  expect(await run.says('approve', { by: 'Ada' })).toContain('counts');
  return run;
}

const undosOf = (calls: readonly FakeCall[]) =>
  calls.flatMap(({ activity, ticket }) =>
    ticket?.undoes === undefined || ticket.dryRun ? [] : [`${ticket.undoes}: ${activity}`],
  );

const KEPT = {
  status: 'FAILED',
  type: 'contained',
  report: { outcome: 'contained', commandsLeft: ['approve a follow-up run'], downtimeSeconds: null },
};

describe('once the safe state is reached, nothing but an approval leaves it', () => {
  it('silence keeps it, and nothing from before it is taken back', async () => {
    const run = await drill();
    await run.asks('approve-mending');
    const end = await run.end();
    expect(end).toMatchObject(KEPT);
    expect(end.report.because).toMatch(
      /nobody answered.*The host stays stopped, and its incident stays open/,
    );
    expect(undosOf(run.calls)).toEqual(['contain: stopServices']);
    expect(run.calls.map(({ activity }) => activity)).not.toContain('startServices');
    expect(end.report.steps.find(({ id }) => id === 'contain')?.status).toBe('done');
    expect(run.calls.at(-1)).toMatchObject({ activity: 'finishRun', input: { holdsHost: true } });
  });

  it('an abort keeps it, and is told so', async () => {
    const run = await drill();
    await run.asks('approve-mending');
    expect(await run.says('abort', { by: 'Ada' })).toBe('the run stops; the host stays stopped');
    expect(await run.end()).toMatchObject(KEPT);
    expect(undosOf(run.calls)).toEqual(['contain: stopServices']);
  });

  it('a cancel keeps it, and closes as Failed: it must be loud', async () => {
    const run = await drill();
    await run.asks('approve-mending');
    await run.handle.cancel();
    expect(await run.end()).toMatchObject(KEPT);
  });

  it('an abort in the middle of reaching it leads into it', async () => {
    const run = await drill({ contain: hangs });
    await run.reached('contain');
    await run.says('abort');
    expect(await run.end()).toMatchObject(KEPT);
    expect(undosOf(run.calls)).toEqual(['contain: stopServices']);
  });

  it('a change that fails after the approval goes back into it', async () => {
    const run = await approved({ mend: fails() });
    expect(await run.end()).toMatchObject(KEPT);
    expect(undosOf(run.calls)).toEqual(['mend: takeBackRestored', 'contain: stopServices']);
  });

  it('a body that ends in it ends as contained', async () => {
    expect(await (await drill({}, { stays: true })).end()).toMatchObject(KEPT);
  });

  it('a cut-over that no gate approved is not made', async () => {
    const run = await drill({}, { withoutGate: true });
    const end = await run.end();
    expect(end).toMatchObject(KEPT);
    expect(end.report.because).toContain('nobody has approved that');
    expect(run.calls.map(({ activity }) => activity)).not.toContain('openToUsers');
  });

  it('a safe state that cannot be reached needs an operator', async () => {
    const run = await drill({ 'undo:contain': fails() });
    await run.asks('approve-mending');
    await run.says('abort');
    const { type, report } = await run.end();
    expect(type).toBe('needs-operator');
    expect(report.commandsLeft).toContain('# Keep the services stopped');
  });
});

it('a run whose host a recovery led back into it ends as contained, and says what a person does next', async () => {
  const run = await approved({ mend: fencedOffSince({ endedAs: 'contained' }) });
  expect(await run.end()).toMatchObject(KEPT);
  expect(run.calls.at(-1)).toMatchObject({ activity: 'finishRun', input: { holdsHost: false } });
});

it('before it is reached, a failure is taken back as everywhere', async () => {
  const run = await drill({ stop: fails() });
  expect(await run.end()).toMatchObject({ type: 'rolled-back' });
  expect(undosOf(run.calls)).toEqual(['stop: startServices']);
});

it('an approval leaves it by a cut-over', async () => {
  const run = await approved({});
  expect(await run.end()).toMatchObject({ status: 'COMPLETED', report: { outcome: 'completed' } });
  const ticketOf = (step: string) => run.calls.find(({ ticket }) => ticket?.step === step)?.ticket;
  expect(ticketOf('contain')).toMatchObject({
    contains: { procedure: 'containedDrill', safeState: 'stopped', left: ['approve a follow-up run'] },
    undo: { activity: 'stopServices' },
  });
  expect(ticketOf('cut-over')?.finish).toHaveLength(1);
});

it('what fails once users are in, with nothing to take back, needs an operator: the old state does not serve again', async () => {
  const run = await approved({ 'unblock-start': fails() });
  expect(await run.end()).toMatchObject({
    type: 'needs-operator',
    report: {
      because: expect.stringMatching(/Unblock: made to fail.*Nothing was taken back.*fdts-ops recover/),
      commandsLeft: [],
    },
  });
  expect(undosOf(run.calls)).toEqual([]);
});

describe('a follow-up run takes the incident over', () => {
  const incident = {
    procedure: 'containedDrill',
    workflowId: 'earlier',
    runId: 'first',
    since: '2026-03-01T02:00:00.000Z',
    safeState: 'stopped',
    keep: { title: 'Keep', activity: 'stopServices', input: {} },
    left: ['approve a follow-up run'],
  };
  const takeHold = gives({ fence: 2, incident });

  it('and ends as contained whatever ends it, before its own safe state too', async () => {
    const run = await drill({ takeHold, contain: fails() });
    expect(await run.end()).toMatchObject({ type: 'contained' });
  });

  it('and closes it by an approval', async () => {
    const run = await drill({ takeHold });
    await run.asks('approve-mending');
    await run.says('approve');
    const { report } = await run.end();
    expect(report.outcome).toBe('completed');
    expect(report.sections).toContainEqual({
      title: 'Incident taken over',
      lines: [expect.stringContaining('open since 2026-03-01')],
    });
    expect(run.calls.map(({ ticket }) => ticket?.step)).not.toContain('stop');
  });
});

const emergency = (script: Script) => runs.start(world, 'emergency', script);

/** The hold is with somebody else, this many times. */
const heldBy = (who: object, times: number) => async (_call: FakeCall, nth: number) =>
  nth <= times ? { answer: { fence: null, holder: who } } : undefined;

describe('an emergency goes first', () => {
  const ofEngine = ['takeHoldFirst', 'recoverHolder'];
  const order = (calls: readonly FakeCall[]) =>
    calls.flatMap(({ activity, ticket }) =>
      ticket === null || activity === 'announce'
        ? []
        : [ofEngine.includes(activity) ? activity : ticket.step],
    );
  const holder = {
    procedure: 'plannedMaintenance',
    workflowId: 'nobody-knows-it',
    runId: crypto.randomUUID(),
    state: 'open',
    since: '2026-03-01T02:00:00.000Z',
    step: 'Stop the services',
  };
  it('on a free host it isolates without the hold, and then takes it', async () => {
    const run = await emergency({});
    expect(await run.end()).toMatchObject({ type: 'contained' });
    expect(order(run.calls)).toEqual(['isolate', 'takeHoldFirst', 'rotate', 'undo:isolate', 'finish']);
    const fences = run.calls.flatMap(({ ticket }) => (ticket === null ? [] : [ticket.fence]));
    expect(fences.slice(0, 3)).toEqual([0, 0, 1]);
  });

  it('a routine run that lives is asked to abort, and takes itself back', async () => {
    const routine = await drill({ mend: hangs });
    await routine.asks('approve-mending');
    const { workflowId } = routine.handle;
    const { runId } = await routine.handle.describe();
    const run = await emergency({ takeHoldFirst: heldBy({ ...holder, workflowId, runId }, 1) });
    const { report } = await routine.end();
    expect(report.decisions.at(-1)).toMatchObject({
      what: 'abort',
      by: expect.stringContaining('emergencyDrill'),
      reason: 'an emergency needs the host',
    });
    await run.end();
    expect(order(run.calls)).not.toContain('recoverHolder');
    expect(
      run.calls.filter(({ activity }) => activity === 'takeHoldFirst').map(({ input }) => input),
    ).toEqual([
      { procedure: 'emergencyDrill', waitSeconds: 0 },
      { procedure: 'emergencyDrill', waitSeconds: 1800 },
    ]);
  });

  it('a run that is gone is recovered from the journal', async () => {
    const run = await emergency({ takeHoldFirst: heldBy(holder, 1) });
    const { report } = await run.end();
    expect(order(run.calls).slice(0, 5)).toEqual([
      'isolate',
      'takeHoldFirst',
      'recoverHolder',
      'takeHoldFirst',
      'rotate',
    ]);
    const told = report.sections.find(({ title }) => title === 'The run that had the host')?.lines.join('; ');
    expect(told).toMatch(/its run is gone.*rolled-back, what the run left was taken back/);
  });

  it.each([
    ['a quarantined host', { ...holder, state: 'needs-operator' }, /quarantined after .*fdts-ops recover/],
    ['an emergency of the same kind', { ...holder, procedure: 'emergencyDrill' }, /has the host already/],
  ])('%s is left alone, and the isolation stays', async (_name, who, told) => {
    const run = await emergency({ takeHoldFirst: heldBy(who, 9) });
    const end = await run.end();
    expect(end).toMatchObject({ type: 'contained', report: { because: expect.stringMatching(told) } });
    expect(order(run.calls)).toEqual(['isolate', 'takeHoldFirst', 'undo:isolate', 'finish']);
  });
});
