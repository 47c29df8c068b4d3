import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { BackupMade } from '../../../workflows/contracts/window-plan.ts';
import { progressQuery } from '../../../workflows/messages.ts';
import { windowSurvey } from '../../support/fake-host.ts';
import { type Behaviour, fails, gives, type ScriptedRun, ScriptedRuns } from '../../support/scripted-runs.ts';
import { startTemporalWorld, type TemporalWorld } from '../../support/temporal-world.ts';

const runs = new ScriptedRuns();
let world: TemporalWorld;

beforeAll(async () => {
  world = await startTemporalWorld();
  await world.startWorkers({}, runs.onCall);
});
afterAll(() => world.end());

const rehearsing = { surveyHost: gives({ ...windowSurvey, rehearse: true }) };
const inputsOf = (run: ScriptedRun, activity: string) =>
  run.calls.filter((call) => call.activity === activity).map(({ input }) => input);
const failed = { name: 'a user can log in', status: 'fail', expected: 'a token', got: '401' };

const final: BackupMade = {
  archive: '/backups/final.tar.gz',
  source: 'fdts-ops',
  manifest: '/backups/final.json',
  bytes: 1,
  sha256: 'a',
  databaseRows: {},
  uploads: 0,
  warnings: [],
  how: 'gentle',
};

const startsIn =
  (seconds: number): Behaviour =>
  async ({ activity }) =>
    activity === 'startCopy' ? { answer: { seconds } } : undefined;

describe.concurrent('a window that rehearses', () => {
  it('tries the new images on a fresh backup, then the old ones on the data as it was, before it asks', async () => {
    const run = await runs.start(world, 'plannedMaintenance', {
      ...rehearsing,
      rehearse: startsIn(4.5),
      'rehearse-rollback': startsIn(3.5),
      'back-up': gives(final),
    });
    await run.asks('approve-plan');
    const archive = '/backups/one.tar.gz';
    const staged = { copy: 'rehearsal', archive, hasManifest: true };
    expect(inputsOf(run, 'stageCopy')).toEqual([staged, staged]);
    expect(inputsOf(run, 'startCopy')).toEqual([
      { copy: 'rehearsal', images: { app: 'sha256:new' } },
      { copy: 'rehearsal', images: { app: 'sha256:old' } },
    ]);
    expect(inputsOf(run, 'probeCopy')).toEqual(
      [1, 2].map(() => ({ copy: 'rehearsal', upload: true, rows: { users: 3 } })),
    );
    const { gate } = await run.handle.query(progressQuery);
    const downtime = gate?.plan.find(({ title }) => title === 'Expected downtime')?.lines.join();
    expect(downtime).toMatch(/the start took 4\.5 s in the rehearsal.*the way back took 3\.5 s/);
    await run.says('approve');
    expect((await run.end()).report.outcome).toBe('completed');
    // The second backup is not taken for the first, whose name is the start of the run.
    const names = inputsOf(run, 'makeBackup');
    expect(names).toEqual([{}, { named: expect.stringMatching(/^\d{8}_\d{6}$/) }]);
    expect(inputsOf(run, 'bundleConfiguration')).toEqual([{ archive }, { archive: final.archive }]);
  }, 60_000);

  it('is refused when nobody can log in on the copy: nobody is asked, the copy and the images are removed', async () => {
    const run = await runs.start(world, 'plannedMaintenance', {
      ...rehearsing,
      rehearse: async ({ activity }) =>
        activity === 'probeCopy' ? { answer: { checks: [failed] } } : undefined,
    });
    const { type, report } = await run.end();
    expect(type).toBe('refused');
    expect(report.because).toContain('new version on a copy: a user can log in: got 401');
    expect(report.because).toContain('maintenance.rehearse: false');
    const activities = run.calls.map(({ activity }) => activity);
    expect(activities).toEqual(expect.arrayContaining(['removeCopy', 'removePreparedImages']));
    expect(activities).not.toContain('stopServices');
  }, 60_000);

  it('is refused when the way back fails on the copy', async () => {
    const run = await runs.start(world, 'plannedMaintenance', {
      ...rehearsing,
      'rehearse-rollback': fails(),
    });
    const { type, report } = await run.end();
    expect(type).toBe('refused');
    expect(report.because).toContain('Try the way back on the copy');
  }, 60_000);

  it('says in the plan and the report when it is switched off', async () => {
    const run = await runs.start(world, 'plannedMaintenance');
    await run.asks('approve-plan');
    const { gate } = await run.handle.query(progressQuery);
    expect(gate?.plan.find(({ title }) => title === 'Not proven')?.lines.join()).toContain(
      'rehearsed: maintenance.rehearse is off',
    );
    expect(inputsOf(run, 'stageCopy')).toEqual([]);
    await run.says('abort');
  }, 60_000);
});
