import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { fails, gives, ScriptedRuns } from '../../support/scripted-runs.ts';
import { startTemporalWorld, type TemporalWorld } from '../../support/temporal-world.ts';

const runs = new ScriptedRuns();
let world: TemporalWorld;

beforeAll(async () => {
  world = await startTemporalWorld();
  await world.startWorkers({}, runs.onCall);
});
afterAll(() => world.end());

const rate = {
  seconds: 300,
  requests: 100,
  errors: 60,
  percent: 60,
  byStatus: { 500: 60 },
  told: '60 of 100',
};
const high = { ...rate, check: { name: 'rate', status: 'fail', expected: '10 %', got: '60 of 100' } };
const low = { ...rate, errors: 1, percent: 1, check: { ...high.check, status: 'pass' } };
const down = {
  service: 'app',
  startedAt: 'T',
  wasHealthy: true,
  users: { down: true, failedPercent: 60, downPercent: 50, told: '60 of 100' },
  usersNeedIt: true,
  approvalTimeoutSeconds: 600,
  watchSeconds: 1,
};
const start = (script = {}, input?: object) => runs.start(world, 'highErrorRate', script, input);

describe('highErrorRate', () => {
  it('a restart after which nothing gets healthy is taken back, and a way back that fails needs an operator', async () => {
    const script = { surveyRestart: gives(down), 'restart-service': fails('APP_NOT_HEALTHY') };
    const back = await (await start(script)).end();
    expect(back).toMatchObject({ status: 'FAILED', type: 'rolled-back' });
    const stuck = await (await start({ ...script, 'undo:restart-service': fails('APP_NOT_HEALTHY') })).end();
    expect(stuck).toMatchObject({ status: 'FAILED', type: 'needs-operator' });
    expect(stuck.report.commandsLeft.join('\n')).toContain('fake undo:restart-service');
  });

  it('a rate that stays high after the restart needs attention, and names what answers it', async () => {
    const run = await start({ surveyRestart: gives(down), watchErrorRate: gives(high) });
    const { status, report } = await run.end();
    expect(status).toBe('COMPLETED');
    expect(report).toMatchObject({ outcome: 'attention-needed' });
    expect(report.because).toMatch(/the error rate fell after the restart: 60 of 100 \(.*applicationDown/);
  });

  it('FDTS that is down is restarted without asking, with when it was started last', async () => {
    const run = await start({ surveyRestart: gives(down) });
    expect((await run.end()).report.outcome).toBe('completed');
    expect(run.calls.find(({ activity }) => activity === 'restartService')?.input).toEqual({
      service: 'app',
      startedAt: 'T',
    });
    // Whether users are served now does not depend on the window of the rate.
    expect(run.calls.find(({ activity }) => activity === 'surveyRestart')?.input).toEqual({ service: 'app' });
  });

  it.each(['approve', 'abort'] as const)(
    'users who are being served are asked about: %s',
    async (decision) => {
      const run = await start();
      await run.asks('approve-restart');
      await run.says(decision, { by: 'Ada' });
      const { report } = await run.end();
      expect(report.outcome).toBe(decision === 'approve' ? 'completed' : 'rejected');
      expect(run.calls.some(({ activity }) => activity === 'restartService')).toBe(decision === 'approve');
    },
  );

  it('silence leaves everything as it is', async () => {
    const run = await start({}, { approvalTimeoutSeconds: 1 });
    expect(await run.end()).toMatchObject({ status: 'FAILED', type: 'expired' });
    expect(run.calls.some(({ activity }) => activity === 'restartService')).toBe(false);
  });

  it.each([
    ['a rate that is not high', { errorRate: gives(low) }, 'completed'],
    [
      'a damaged database',
      { lookAtDatabase: gives({ checks: [], problem: 'DATABASE_CORRUPT', holders: [] }) },
      'attention-needed',
    ],
    [
      'a lock of another program, whatever the rate',
      {
        errorRate: gives({ ...low, check: { ...low.check, status: 'not proven' } }),
        lookAtDatabase: gives({
          checks: [],
          problem: null,
          holders: [{ pid: 7, command: 'x', service: null }],
        }),
      },
      'attention-needed',
    ],
    [
      'errors of which neither app nor database knows',
      { lookAtLogs: gives({ lines: [], appErrors: 0 }) },
      'attention-needed',
    ],
  ])('nothing is restarted for %s', async (_, script, outcome) => {
    const run = await start(script);
    expect((await run.end()).report.outcome).toBe(outcome);
    expect(run.calls.some(({ activity }) => activity === 'restartService')).toBe(false);
  });

  it('a dry run lists the restart and makes none', async () => {
    const run = await start({}, { dryRun: true });
    const { report } = await run.end();
    expect(report.outcome).toBe('completed');
    expect(run.calls.filter(({ ticket }) => ticket?.dryRun === false)).toEqual([]);
    expect(report.steps.find(({ id }) => id === 'restart-service')?.commands).toEqual([
      'fake restart-service',
    ]);
  });
});
