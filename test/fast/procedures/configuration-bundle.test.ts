import { afterAll, beforeAll, expect, it } from 'vitest';
import { progressQuery } from '../../../workflows/messages.ts';
import { fails, gives, ScriptedRuns } from '../../support/scripted-runs.ts';
import { startTemporalWorld, type TemporalWorld } from '../../support/temporal-world.ts';

const runs = new ScriptedRuns();
let world: TemporalWorld;

beforeAll(async () => {
  world = await startTemporalWorld();
  await world.startWorkers({}, runs.onCall);
});
afterAll(() => world.end());

const NONE = {
  name: 'a configuration bundle beside the backup',
  status: 'not proven',
  expected: 'bundle.recipients',
  got: 'no configuration bundle',
  answer: 'fdts-ops bundle keygen',
};

it('a backup without a bundle is made, and says that there is none and what to do', async () => {
  const run = await runs.start(world, 'manualBackup', {
    surveyBundle: gives({ ready: false, checks: [NONE], lines: [] }),
  });
  const { report } = await run.end();
  expect(report.checks).toContainEqual(NONE);
  const step = report.steps.find(({ id }) => id === 'bundle-configuration');
  expect(step).toMatchObject({ status: 'skipped', note: 'no configuration bundle; fdts-ops bundle keygen' });
  expect(run.calls.map(({ activity }) => activity)).not.toContain('bundleConfiguration');
  expect(run.calls.map(({ activity }) => activity)).toContain('copyBackup');
});

it('a bundle that fails is left out by a person, and the report does not claim it', async () => {
  const run = await runs.start(world, 'manualBackup', { 'bundle-configuration': fails() });
  await run.asks('bundle-configuration');
  expect(await run.says('skip', { reason: 'later' })).toMatch(/skip/);
  const { status, report } = await run.end();
  expect(status).toBe('COMPLETED');
  expect(report.checks).toContainEqual(
    expect.objectContaining({ name: 'a configuration bundle', status: 'not proven' }),
  );
  expect(report.sections.map(({ title }) => title)).not.toContain('Configuration bundle');
});

it('the report names file, hash, proof and what is not in it; the host is told nothing but beside which backup', async () => {
  const run = await runs.start(world, 'manualBackup');
  const { report } = await run.end();
  expect(report.sections.find(({ title }) => title === 'Configuration bundle')?.lines).toEqual([
    '/backups/fdts_config_1.tar.age, 9 files, 1 bytes, sha256 b',
    'decrypted again with a one-time key, and each file compared',
    'no second copy: backups.external is not configured',
    'not in it: /f/pipe: not a regular file',
  ]);
  const call = run.calls.find(({ activity }) => activity === 'bundleConfiguration');
  expect(call?.input).toEqual({ archive: '/backups/one.tar.gz' });
});

it('the plan of a window names what the bundle takes, and a dry run lists it', async () => {
  const run = await runs.start(world, 'plannedMaintenance', {}, { approvalTimeoutSeconds: 60 });
  await run.asks('approve-plan');
  const { gate } = await run.handle.query(progressQuery);
  expect(gate?.plan).toContainEqual({ title: 'Configuration bundle', lines: ['9 files'] });
  await run.says('abort');
  await run.end();

  const dry = await runs.start(world, 'plannedMaintenance', {}, { dryRun: true });
  const { report } = await dry.end();
  expect(report.steps.find(({ id }) => id === 'bundle-configuration')?.commands).toEqual([
    'fake bundle-configuration',
  ]);
  const calls = dry.calls.filter(({ activity }) => activity === 'bundleConfiguration');
  expect(calls.map(({ ticket }) => ticket?.dryRun)).toEqual([true]);
});
