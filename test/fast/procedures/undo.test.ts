import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Procedure } from '../../../workflows/engine/procedure.ts';
import { manualBackupProcedure } from '../../../workflows/procedures/manual-backup.ts';
import { plannedMaintenanceProcedure } from '../../../workflows/procedures/planned-maintenance.ts';
import { type FakeCall, windowSurvey } from '../../support/fake-host.ts';
import { fails, fencedOffSince, gives, type Script, ScriptedRuns } from '../../support/scripted-runs.ts';
import { startTemporalWorld, type TemporalWorld } from '../../support/temporal-world.ts';

const runs = new ScriptedRuns();
let world: TemporalWorld;

beforeAll(async () => {
  world = await startTemporalWorld();
  await world.startWorkers({}, runs.onCall);
});
afterAll(() => world.end());

/** Long enough to approve in beside other runs on a busy machine, short enough to wait for: a failed step waits for a person as long as the gate does. */
const SHORT = { approvalTimeoutSeconds: 20 };

/** Five runs at a time, on a machine that has other work too. */
const PATIENCE_MS = 60_000;

const undosOf = (calls: readonly FakeCall[]) =>
  calls.filter(({ ticket }) => ticket?.undoes !== undefined && !ticket.dryRun);

const plainly = ({ activity, input }: { activity: string; input: unknown }) => ({ activity, input });

/** What has to be taken back, last first, by what the host was told before each change. */
function expectedUndos(calls: readonly FakeCall[]) {
  const cutOver = calls.findLastIndex(({ ticket }) => ticket?.finish !== undefined);
  const registered = new Map(
    calls.slice(Math.max(0, cutOver)).map(({ ticket }) => [ticket?.step, ticket?.undo] as const),
  );
  return [...registered.values()].flatMap((undo) => (undo === undefined ? [] : [plainly(undo)])).toReversed();
}

function changesOf(procedure: Procedure, until?: string): string[] {
  const ids = Object.keys(procedure.steps).filter((id) => procedure.steps[id]?.kind === 'change');
  return until === undefined ? ids : ids.slice(0, ids.indexOf(until) + 1);
}

/** Steps of a window that does not open with its run: next-window.test.ts. */
const OF_A_LATER_WINDOW = ['reserve-window', 'open-window'];

/** A message to people is no change; and what fails in the rehearsal was tried so that FDTS is not touched. */
const REFUSED = ['announce-start', 'stage-rehearsal', 'rehearse', 'rehearse-rollback', 'end-rehearsal'];

describe('every change of the maintenance window that fails', () => {
  const leftOut = [
    'unblock-start',
    'clean-up',
    'retain-backups',
    'clean-up-docker',
    'rotate-logs',
    'try-functions',
    'announce-end',
  ];
  it.concurrent.each(
    changesOf(plannedMaintenanceProcedure).filter(
      (id) => !leftOut.includes(id) && !OF_A_LATER_WINDOW.includes(id),
    ),
  )(
    '%s: what counts by then is taken back, last first, and the run closes as its outcome says',
    async (step) => {
      const run = await runs.start(
        world,
        'plannedMaintenance',
        { surveyHost: gives({ ...windowSurvey, rehearse: true }), [step]: fails() },
        SHORT,
      );
      if (!changesOf(plannedMaintenanceProcedure, 'end-rehearsal').includes(step)) {
        await run.asks('approve-plan', PATIENCE_MS);
        expect(await run.says('approve')).toContain('counts');
      }
      const { status, type, report } = await run.end();

      const outcome = REFUSED.includes(step) ? 'refused' : 'rolled-back';
      expect({ status, type, outcome: report.outcome }).toEqual({ status: 'FAILED', type: outcome, outcome });
      expect(report.because).toContain('made to fail');
      expect(undosOf(run.calls).map(plainly)).toEqual(expectedUndos(run.calls));
      const undone = undosOf(run.calls).map(({ ticket }) => ticket?.undoes);
      for (const { id, status: state } of report.steps) expect(state === 'undone').toBe(undone.includes(id));
      expect(run.calls.at(-1)).toMatchObject({ activity: 'finishRun', input: { holdsHost: true } });
    },
    180_000,
  );

  it.concurrent.each(leftOut)(
    '%s: it is left out and the new version stays, since users are in already',
    async (step) => {
      const run = await runs.start(world, 'plannedMaintenance', { [step]: fails() }, SHORT);
      await run.asks('approve-plan', PATIENCE_MS);
      await run.says('approve');
      await run.asks(step, PATIENCE_MS);
      expect(await run.saysInVain('abort')).toMatch(/^too late, because/);
      const { status, report } = await run.end();
      expect(status).toBe('COMPLETED');
      expect(report).toMatchObject({
        outcome: 'attention-needed',
        because: expect.stringContaining('made to fail'),
      });
      expect(undosOf(run.calls)).toEqual([]);
    },
    180_000,
  );
});

describe('every change of the manual backup that fails', () => {
  it.each(changesOf(manualBackupProcedure))(
    '%s: takes nothing back, since a backup is kept',
    async (step) => {
      const run = await runs.start(world, 'manualBackup', { [step]: fails() });
      const { steps }: Procedure = manualBackupProcedure;
      const asks = steps[step]?.onFailure !== undefined;
      if (asks) {
        await run.asks(step);
        expect(await run.says('abort')).toBe('the run stops and takes back what it changed');
      }
      const outcome = asks ? 'aborted' : 'rolled-back';
      expect(await run.end()).toMatchObject({ status: 'FAILED', type: outcome, report: { outcome } });
      expect(undosOf(run.calls)).toEqual([]);
      expect(run.calls.at(-1)).toMatchObject({ activity: 'finishRun', input: { holdsHost: true } });
    },
  );
});

it('every tag of the plan is set to what was approved, and back, whatever somebody made of it meanwhile', async () => {
  const [app, nginx] = [
    { service: 'app', image: 'fdts_app:latest', oldId: 'sha256:old', newId: 'sha256:new', how: 'built' },
    { service: 'nginx', image: 'nginx:1', oldId: 'sha256:n', newId: 'sha256:n', how: 'unchanged' },
  ];
  const run = await runs.start(world, 'plannedMaintenance', {
    'prepare-images': gives([app, nginx].map((image) => ({ ...image, note: null }))),
    'smoke-test': fails(),
  });
  await run.asks('approve-plan');
  await run.says('approve');
  await run.end();
  const tags = run.calls.filter(({ activity, ticket }) => activity === 'switchImages' && !ticket?.dryRun);
  expect(tags.map(({ input }) => input)).toEqual([
    {
      images: [
        { image: 'fdts_app:latest', id: 'sha256:new' },
        { image: 'nginx:1', id: 'sha256:n' },
      ],
    },
    {
      images: [
        { image: 'fdts_app:latest', id: 'sha256:old' },
        { image: 'nginx:1', id: 'sha256:n' },
      ],
    },
  ]);
});

it('a failed smoke test takes back image tags, database, files, services and start, with what the plan named', async () => {
  const run = await runs.start(world, 'plannedMaintenance', { 'smoke-test': fails() });
  await run.asks('approve-plan');
  await run.says('approve');
  await run.end();
  expect(undosOf(run.calls).map(plainly)).toEqual([
    { activity: 'stopServices', input: { services: ['app'] } },
    { activity: 'switchImages', input: { images: [{ image: 'fdts_app:latest', id: 'sha256:old' }] } },
    { activity: 'restoreDatabase', input: { archive: '/backups/one.tar.gz', source: 'fdts-ops' } },
    {
      activity: 'settlePackages',
      input: { upgrades: [{ name: 'openssl', from: '1', to: '2', security: true }] },
    },
    { activity: 'setAsideNewUploads', input: {} },
    { activity: 'startServices', input: { services: ['app', 'nginx'], verify: true } },
    { activity: 'unblockStart', input: { policies: [{ service: 'app', policy: 'always' }] } },
    { activity: 'announce', input: expect.objectContaining({ key: 'announcement-off' }) },
    { activity: 'removePreparedImages', input: {} },
  ]);
});

it.each(['watchForErrors', 'resolveHost', 'probeFromOutside'])(
  'after the cut-over %s that fails is reported as not proven, and what works stays',
  async (activity) => {
    const run = await runs.start(world, 'plannedMaintenance', {
      resolveHost: async (call, nth) =>
        activity === 'resolveHost' && nth > 1
          ? fails()(call, nth)
          : { answer: { name: 'web-1', taskQueue: 'fdts-host-web-1', publicUrl: 'http://web-1.example' } },
      probeFromOutside: gives({ checks: [] }),
      ...(activity === 'resolveHost' ? {} : { [activity]: fails() }),
    });
    await run.asks('approve-plan');
    await run.says('approve');
    const { status, report } = await run.end();
    expect(status).toBe('COMPLETED');
    expect(undosOf(run.calls)).toEqual([]);
    expect(report.checks).toContainEqual(
      expect.objectContaining({ status: 'not proven', got: expect.stringContaining('made to fail') }),
    );
  },
  60_000,
);

it('a smoke check that fails is a failure like any other', async () => {
  const failed = { name: 'login', status: 'fail', expected: '200', got: '500' };
  const run = await runs.start(world, 'plannedMaintenance', {
    'smoke-test': gives({ checks: [failed], version: null }),
  });
  await run.asks('approve-plan');
  await run.says('approve');
  expect(await run.end()).toMatchObject({
    type: 'rolled-back',
    report: { because: expect.stringMatching(/login: got 500/) },
  });
  expect(undosOf(run.calls).map(plainly)).toEqual(expectedUndos(run.calls));
});

it('after the cut-over only images go back, and the database that users write to stays', async () => {
  const failed = { name: 'serving', status: 'fail', expected: '200', got: '502' };
  const run = await runs.start(world, 'plannedMaintenance', { checkServing: gives({ checks: [failed] }) });
  await run.asks('approve-plan');
  await run.says('approve');
  expect(await run.end()).toMatchObject({ type: 'rolled-back' });
  expect(undosOf(run.calls).map(({ activity }) => activity)).toEqual(['goBackToImages']);
  expect(run.calls.map(({ activity }) => activity)).not.toContain('restoreDatabase');
});

it('an undo that fails stops the rollback, and the report has the commands that are left', async () => {
  const run = await runs.start(world, 'plannedMaintenance', {
    'smoke-test': fails(),
    'undo:optimize-database': fails(),
  });
  await run.asks('approve-plan');
  await run.says('approve');
  const { status, type, report } = await run.end();
  expect({ status, type }).toEqual({ status: 'FAILED', type: 'needs-operator' });
  expect(undosOf(run.calls).map(({ ticket }) => ticket?.undoes)).toEqual([
    'start-app',
    'switch-images',
    'optimize-database',
  ]);
  expect(report.commandsLeft).toEqual([
    expect.stringContaining('sudo fdts-ops recover'),
    '# Move the original database back',
    '#   fake undo:optimize-database',
    '# Let the package upgrade end and repair what was cut off',
    '#   fake undo:install-packages',
    '# Move files that came after the stop aside',
    '#   fake undo:note-uploads',
    '# Start the services as they were',
    '#   fake undo:stop-services',
    '# Let FDTS start itself again',
    '#   fake undo:block-start',
    '# Tell users that the maintenance is off',
    '#   fake undo:announce-opening',
    '# Remove the prepared image names',
    '#   fake undo:prepare-images',
  ]);
  expect(report.steps.find(({ id }) => id === 'optimize-database')?.status).toBe('undo-failed');
});

describe('a run that is fenced off', () => {
  it.each(['optimize-database', 'undo:switch-images'])(
    'at %s takes nothing more back and leaves the journal to who has the host',
    async (at) => {
      const script = {
        ...(at.startsWith('undo:') ? { 'smoke-test': fails() } : {}),
        [at]: fails('FENCED_OFF'),
      };
      const run = await runs.start(world, 'plannedMaintenance', script);
      await run.asks('approve-plan');
      await run.says('approve');
      const { type, report } = await run.end();
      expect(type).toBe('needs-operator');
      const tried = at.startsWith('undo:') ? ['start-app', 'switch-images'] : [];
      expect(undosOf(run.calls).map(({ ticket }) => ticket?.undoes)).toEqual(tried);
      expect(report.commandsLeft).toEqual([expect.stringContaining('no longer owns the host')]);
      expect(run.calls.at(-1)).toMatchObject({ activity: 'finishRun', input: { holdsHost: false } });
    },
  );
});

/** A window that was approved, and how it ended. */
async function closed(script: Script) {
  const run = await runs.start(world, 'plannedMaintenance', script);
  await run.asks('approve-plan');
  await run.says('approve');
  return { run, end: await run.end() };
}

describe('a run that was ended on its host while it could not go on', () => {
  it.each([
    ['optimize-database', 'rolled-back', { status: 'FAILED', type: 'rolled-back' }],
    ['undo:switch-images', 'rolled-back', { status: 'FAILED', type: 'rolled-back' }],
    ['unblock-start', 'completed', { status: 'COMPLETED', type: null }],
    ['unblock-start', 'attention-needed', { status: 'COMPLETED', type: null }],
  ])('at %s closes as the host says: %s, with nothing left to do', async (at, endedAs, expected) => {
    const failing = at.startsWith('undo:') ? { 'smoke-test': fails() } : {};
    const { run, end } = await closed({ ...failing, [at]: fencedOffSince({ endedAs }) });
    expect(end).toMatchObject(expected);
    expect(end.report).toMatchObject({
      outcome: endedAs,
      because: expect.stringMatching(
        `^ended on the host by fdts-ops recover, or by an emergency, as ${endedAs}; .*made to fail`,
      ),
      commandsLeft: [],
    });
    expect(run.calls.at(-1)).toMatchObject({
      activity: 'finishRun',
      input: { holdsHost: false, report: { outcome: endedAs } },
    });
    expect(run.calls.map(({ ticket }) => ticket?.step)).toContain(`tell:end-${endedAs}`);
  });

  it('needs an operator where a person cleared it: only that person knows what is left', async () => {
    const { end } = await closed({ 'optimize-database': fencedOffSince({ endedAs: 'cleared' }) });
    expect(end.type).toBe('needs-operator');
    expect(end.report.commandsLeft).toEqual([expect.stringContaining('no longer owns the host')]);
  });

  it.each([
    ['rolled-back', { status: 'FAILED', type: 'rolled-back' }],
    ['completed', { status: 'COMPLETED', type: null }],
  ])('at its own good end leaves no report that contradicts the host: %s', async (endedAs, expected) => {
    const { run, end } = await closed({ finishRun: fencedOffSince({ endedAs }, 1) });
    expect(end).toMatchObject({ ...expected, report: { outcome: endedAs } });
    const written = run.calls.filter(({ activity }) => activity === 'finishRun');
    expect(written.map(({ input }) => input)).toMatchObject([
      { holdsHost: true, report: { outcome: 'completed' } },
      { holdsHost: false, report: { outcome: endedAs } },
    ]);
  });
});
