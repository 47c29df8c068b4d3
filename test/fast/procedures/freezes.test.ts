import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { toFailure } from '../../../activities/execution/failures.ts';
import { freezeState, requireNoFreeze } from '../../../activities/execution/freezes.ts';
import { isReport } from '../../../client/server/is-report.ts';
import { isRecord } from '../../../config/is-record.ts';
import { waitUntil } from '../../../setup/wait-until.ts';
import type { FreezeClaim } from '../../../workflows/contracts/freeze.ts';
import { CONTROL_TASK_QUEUE } from '../../../workflows/contracts/task-queues.ts';
import { progressQuery } from '../../../workflows/messages.ts';
import { type Behaviour, gives, ScriptedRuns } from '../../support/scripted-runs.ts';
import { startTemporalWorld, type TemporalWorld } from '../../support/temporal-world.ts';

const runs = new ScriptedRuns();
const scheduled: { frozen: boolean } = { frozen: false };
let world: TemporalWorld;

const freezes = [
  { name: 'sale', reason: 'high season', from: Date.now() - 1000, until: Date.parse('2099-01-03T23:00:00Z') },
];
const state = freezeState({ freezes }, Date.now());

/** As the real host answers while the freeze is on. */
const takeHoldInFreeze: Behaviour = async ({ input }) => {
  try {
    requireNoFreeze(state, claimIn(input));
  } catch (error) {
    throw toFailure(error, 1);
  }
  return undefined;
};
function claimIn(input: unknown): FreezeClaim {
  const claim = isRecord(input) ? input['freeze'] : undefined;
  const text = (name: string) => (isRecord(claim) && typeof claim[name] === 'string' ? claim[name] : null);
  return { exempt: text('exempt'), override: text('override') };
}

const inFreeze = {
  identifyHost: gives({ machineId: '0'.repeat(32), freeze: state }),
  takeHold: takeHoldInFreeze,
};

beforeAll(async () => {
  world = await startTemporalWorld();
  await world.startWorkers({}, async (call) =>
    scheduled.frozen && call.activity === 'takeHold' ? takeHoldInFreeze(call, 1) : runs.onCall(call),
  );
});
afterAll(() => world.end());

describe('while a freeze is on', () => {
  it('a procedure that changes the host is refused, with the freeze and the next opening', async () => {
    const run = await runs.start(world, 'plannedMaintenance', inFreeze);
    const { type, report } = await run.end();
    expect(type).toBe('refused');
    expect(report.because).toMatch(
      /the freeze "sale" is on \(high season\).*2099-01-03T23:00:00.000Z.*overrideFreeze/,
    );
    expect(run.calls.map(({ activity }) => activity)).toEqual([
      'resolveHost',
      'identifyHost',
      'takeHold',
      'announce',
      'finishRun',
    ]);
    expect(run.calls.at(-1)).toMatchObject({ input: { holdsHost: false } });
  });

  it('a reason lets it go on, and stands in the gate and in the report', async () => {
    const run = await runs.start(world, 'plannedMaintenance', inFreeze, { overrideFreeze: 'CVE-2026-1' });
    await run.asks('approve-plan');
    const { gate } = await run.handle.query(progressQuery);
    expect(gate?.plan[0]).toEqual({
      title: 'Freeze',
      lines: ['"sale" is on until 2099-01-03T23:00:00.000Z: high season', 'overridden, because: CVE-2026-1'],
    });
    await run.says('abort');
    const { report } = await run.end();
    expect(report.sections[0]).toEqual(gate?.plan[0]);
  });

  it('an empty reason is none', async () => {
    const run = await runs.start(world, 'plannedMaintenance', inFreeze, { overrideFreeze: ' ' });
    expect(await run.end()).toMatchObject({
      type: 'refused',
      report: { because: expect.stringContaining('expected a text that is not empty') },
    });
  });

  it('what mends goes on, and says that it is exempt', async () => {
    const run = await runs.start(world, 'restoreBackup', inFreeze);
    await run.asks('approve-restore');
    expect(JSON.stringify((await run.handle.query(progressQuery)).gate?.plan[0])).toContain(
      'this procedure is exempt: since it mends',
    );
    await run.says('abort');
    await run.end();
  });

  it('a dry run lists all the same what it would do, and says what a real one would meet', async () => {
    const run = await runs.start(world, 'plannedMaintenance', inFreeze, { dryRun: true });
    const { report } = await run.end();
    expect(report.outcome).toBe('completed');
    expect(report.sections[0]?.lines).toContain('a run that is no dry run would be refused');
  });

  it('what only reads is not asked', async () => {
    const run = await runs.start(world, 'dailyHealthCheck', inFreeze);
    const { report } = await run.end();
    expect(report.outcome).toBe('completed');
    expect(report.sections.map(({ title }) => title)).not.toContain('Freeze');
  });

  it('a run of a schedule does nothing and ends well, so that the schedule is not paused beyond the freeze', async () => {
    scheduled.frozen = true;
    const { schedule, workflow } = world.env.client;
    const workflowId = 'plannedMaintenance-by-schedule';
    const handle = await schedule.create({
      scheduleId: 'freeze-test',
      spec: {},
      action: {
        type: 'startWorkflow',
        workflowType: 'plannedMaintenance',
        taskQueue: CONTROL_TASK_QUEUE,
        workflowId,
        args: [{ host: 'web-1' }],
      },
      policies: { pauseOnFailure: true },
    });
    await handle.trigger();
    const recent = async () => (await handle.describe()).info.recentActions;
    expect(
      await waitUntil(async () => (await recent()).length === 1, { timeoutMs: 20_000, everyMs: 100 }),
    ).toBe(true);
    const [started] = await recent();
    const run = started?.action.type === 'startWorkflow' ? started.action.workflow : null;
    const report: unknown = await workflow.getHandle(run?.workflowId ?? '').result();
    expect(isReport(report) && report.because).toMatch(/^nothing was done, as the freeze wants: .*"sale"/);
    expect((await handle.describe()).state.paused).toBe(false);
    scheduled.frozen = false;
    await handle.delete();
  });
});

it('a gate does not wait into a freeze that begins meanwhile', async () => {
  const coming = freezeState(
    {
      freezes: [
        { ...freezes[0], name: 'sale', reason: 'r', from: Date.now() + 3000, until: Date.now() + 9e6 },
      ],
    },
    Date.now(),
  );
  const run = await runs.start(world, 'plannedMaintenance', {
    identifyHost: gives({ machineId: '0'.repeat(32), freeze: coming }),
  });
  expect(await run.end()).toMatchObject({
    type: 'expired',
    report: { because: expect.stringContaining('before a freeze begins; silence is not consent') },
  });
});
