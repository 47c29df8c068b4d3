import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { RunReport } from '../../../workflows/contracts/report.ts';
import { type FakeCall, unusedThings } from '../../support/fake-host.ts';
import { fails, failsAfter, gives, later, ScriptedRuns } from '../../support/scripted-runs.ts';
import { startTemporalWorld, type TemporalWorld } from '../../support/temporal-world.ts';

const runs = new ScriptedRuns();
let world: TemporalWorld;

beforeAll(async () => {
  world = await startTemporalWorld();
  await world.startWorkers({}, runs.onCall);
});
afterAll(() => world.end());

const start = (type: string, script = {}, input?: object) => runs.start(world, type, script, input);
const untried = gives({
  check: { name: 'it', status: 'not proven', expected: 'it works', got: 'not configured' },
});
const works = gives({ check: { name: 'it', status: 'pass', expected: 'it works', got: 'yes' } });
const changes = ({ calls }: { calls: readonly FakeCall[] }) =>
  calls
    .filter(
      ({ ticket, activity }) => ticket !== null && !['takeHold', 'finishRun', 'announce'].includes(activity),
    )
    .map(({ activity }) => activity);

const resources = (status: 'pass' | 'fail') => ({
  checks: [{ name: 'disk of /srv', status, expected: 'room', got: 'as it is' }],
  lines: [],
  fullDisks: status === 'pass' ? [] : ['/srv'],
  approvalTimeoutSeconds: 60,
});
const disksIn = ({ checks }: RunReport) => checks.filter(({ name }) => name === 'disk of /srv');

describe('uploadFailures', () => {
  it('tries one solution after the other, and needs attention when none helps', async () => {
    const run = await start('uploadFailures');
    await run.asks('approve-restart');
    await run.says('approve', { by: 'Ada' });
    const { report } = await run.end();
    expect(report).toMatchObject({ outcome: 'attention-needed' });
    expect(changes(run)).toEqual(['tryUpload', 'repairModes', 'tryUpload', 'restartService', 'tryUpload']);
  });

  it('stops at the first solution that helps', async () => {
    const run = await start('uploadFailures', { 'try-after-repair': works });
    expect((await run.end()).report.outcome).toBe('completed');
    expect(changes(run)).toEqual(['tryUpload', 'repairModes', 'tryUpload']);
  });

  it('a no to the restart gives the uploads the modes that they had', async () => {
    const run = await start('uploadFailures');
    await run.asks('approve-restart');
    await run.says('abort', { by: 'Ada' });
    expect(await run.end()).toMatchObject({ type: 'rejected' });
    expect(changes(run).at(-1)).toBe('restoreModes');
  });

  const fullDisk = { lookAtResources: gives(resources('fail')) };
  /** Until something was removed. */
  const fullAtFirst = {
    lookAtResources: async (_call: FakeCall, nth: number) => ({
      answer: resources(nth === 1 ? 'fail' : 'pass'),
    }),
  };

  it('on a full disk what nothing uses goes, once a person has read the list, and then it is tried again', async () => {
    const run = await start('uploadFailures', { ...fullAtFirst, 'try-after-clean-up': works });
    await run.asks('approve-clean-up');
    expect(changes(run)).not.toContain('cleanUpDocker');
    await run.says('approve', { by: 'Ada' });
    const { report } = await run.end();
    expect(report.outcome).toBe('completed');
    // The disk counts as it is at the end: it was mended.
    expect(disksIn(report)).toMatchObject([{ status: 'pass' }]);
    expect(changes(run)).toEqual(['tryUpload', 'repairModes', 'tryUpload', 'cleanUpDocker', 'tryUpload']);
  });

  it('a look that fails after the clean-up gives no modes back: what was removed is gone', async () => {
    const lookAtResources = failsAfter(1, fullDisk.lookAtResources);
    const run = await start('uploadFailures', { lookAtResources, 'try-after-clean-up': works });
    await run.asks('approve-clean-up');
    await run.says('approve', { by: 'Ada' });
    const { report } = await run.end();
    expect(report.outcome).toBe('attention-needed');
    expect(report.checks).toContainEqual(
      expect.objectContaining({ name: 'room on the disks after the clean-up', status: 'not proven' }),
    );
    // As it was seen last.
    expect(disksIn(report)).toMatchObject([{ status: 'fail' }]);
  });

  it('what somebody has given a name while the gate waited stays', async () => {
    const tagged = later({ plain: [], doubtful: [unusedThings.doubtful], spared: [], buildCacheBytes: 0 });
    const script = { ...fullAtFirst, planDockerCleanUp: tagged, 'try-after-clean-up': works };
    const run = await start('uploadFailures', script);
    await run.asks('approve-clean-up');
    await run.says('approve', { by: 'Ada' });
    expect((await run.end()).report.outcome).toBe('completed');
    const removed = run.calls.find(({ activity }) => activity === 'cleanUpDocker')?.input;
    expect(removed).toEqual({ things: [unusedThings.doubtful] });
  });

  const cacheIsDown = { plain: [], doubtful: [], spared: [], buildCacheBytes: 0, down: ['cache'] };

  it.each([
    ['when it looks', gives(cacheIsDown)],
    ['while its gate waits', later(cacheIsDown)],
  ])(
    'a service that is down %s: Docker is left alone, and the disk is a thing for a person',
    async (when, planDockerCleanUp) => {
      const run = await start('uploadFailures', { ...fullDisk, planDockerCleanUp });
      if (when === 'while its gate waits') {
        await run.asks('approve-clean-up');
        await run.says('approve', { by: 'Ada' });
      }
      const { report } = await run.end();
      expect(report.outcome).toBe('attention-needed');
      expect(changes(run)).toEqual(['tryUpload', 'repairModes', 'tryUpload']);
      const lines = report.sections.flatMap((section) => section.lines).join('\n');
      expect(lines).toContain('left alone: cache is down');
      expect(lines).toContain('make room on the disk of /srv');
    },
  );

  it('a full disk on which Docker keeps nothing is no reason to ask for a clean-up', async () => {
    const look = { checks: [], lines: [], fullDisks: ['/srv/uploads'], approvalTimeoutSeconds: 60 };
    const run = await start('uploadFailures', { lookAtResources: gives({ ...look, cleanUpHelps: false }) });
    const { report } = await run.end();
    expect(report.outcome).toBe('attention-needed');
    expect(changes(run)).not.toContain('cleanUpDocker');
    expect(report.steps.find(({ id }) => id === 'approve-clean-up')).toMatchObject({
      status: 'skipped',
      note: 'Docker keeps nothing on the disk of /srv/uploads',
    });
    expect(report.sections.find(({ title }) => title === 'Left to do')?.lines[0]).toContain('/srv/uploads');
  });

  it('a no to the clean-up removes nothing', async () => {
    const run = await start('uploadFailures', fullDisk);
    await run.asks('approve-clean-up');
    await run.says('abort', { by: 'Ada' });
    const { type, report } = await run.end();
    expect({ type, disks: disksIn(report) }).toMatchObject({ type: 'rejected', disks: [{ status: 'fail' }] });
    expect(changes(run)).not.toContain('cleanUpDocker');
  });

  it('a disk that stays full is said with what to do, and is no case for a restart', async () => {
    const run = await start('uploadFailures', fullDisk);
    await run.asks('approve-clean-up');
    await run.says('approve', { by: 'Ada' });
    const { report } = await run.end();
    expect(report.outcome).toBe('attention-needed');
    expect(disksIn(report)).toMatchObject([{ status: 'fail' }]);
    expect(changes(run)).not.toContain('restartService');
    expect(report.sections.find(({ title }) => title === 'Left to do')?.lines[0]).toContain('/srv');
  });

  it('a proxy that would not come up again is no case for a restart', async () => {
    const invalid = { name: 'nginx', status: 'fail', expected: 'valid', got: 'exit code 1' };
    const run = await start('uploadFailures', { testProxyConfig: gives({ checks: [invalid] }) });
    expect((await run.end()).report).toMatchObject({ outcome: 'attention-needed' });
    expect(changes(run)).not.toContain('restartService');
  });
});

it('uploads that nobody can try are no case for a restart of a proxy that serves; a full disk is still asked about', async () => {
  const script = { 'try-upload': untried, 'try-after-repair': untried, 'try-after-clean-up': untried };
  const run = await start('uploadFailures', script);
  expect((await run.end()).report.outcome).toBe('attention-needed');
  expect(changes(run)).not.toContain('restartService');
  const fullDisks = { checks: [], lines: [], fullDisks: ['/srv'], approvalTimeoutSeconds: 60 };
  const full = await start('uploadFailures', { ...script, lookAtResources: gives(fullDisks) });
  await full.asks('approve-clean-up');
  await full.says('abort');
  expect(await full.end()).toMatchObject({ type: 'rejected' });
});

describe('authenticationFailures', () => {
  it('a login that nobody can try is no case for a restart of what serves', async () => {
    const lookAtSecrets = gives({ checks: [], missing: [], stale: [] });
    const run = await start('authenticationFailures', { 'try-login': untried, lookAtSecrets });
    const { report } = await run.end();
    expect(report.outcome).toBe('attention-needed');
    expect(changes(run)).toEqual(['tryLogin']);
    expect(report.sections.find(({ title }) => title === 'To do')?.lines.join()).toContain('cookies');
  });

  it('a missing secret is found although no login can be tried', async () => {
    const lookAtSecrets = gives({ checks: [], missing: ['JWT_SECRET'], stale: [] });
    const run = await start('authenticationFailures', { 'try-login': untried, lookAtSecrets });
    await run.asks('ask-person');
    await run.says('abort');
    expect(await run.end()).toMatchObject({ type: 'rejected' });
  });

  it('after a restart that does not help a person gets a list, and the login is tried once more', async () => {
    const run = await start('authenticationFailures', { 'try-at-the-end': works });
    await run.asks('approve-restart');
    await run.says('approve', { by: 'Ada' });
    await run.asks('ask-person');
    await run.says('approve', { by: 'Ada' });
    const { report } = await run.end();
    expect(report.outcome).toBe('completed');
    expect(changes(run)).toEqual(['tryLogin', 'restartService', 'tryLogin', 'recreateServices', 'tryLogin']);
    expect(
      report.sections
        .filter(({ title }) => title === 'Plan')
        .at(-1)
        ?.lines.join('\n'),
    ).toContain('cookies');
  });

  it('a secret that is not set is a thing for a person; no restart is tried', async () => {
    const missing = gives({ checks: [], missing: ['JWT_SECRET'], stale: [] });
    const run = await start(
      'authenticationFailures',
      { lookAtSecrets: missing },
      { approvalTimeoutSeconds: 2 },
    );
    await run.asks('ask-person');
    const end = await run.end();
    expect(end).toMatchObject({ type: 'expired' });
    expect(end.report.sections.find(({ title }) => title === 'Plan')?.lines.join('\n')).toContain(
      'set JWT_SECRET',
    );
    expect(changes(run)).toEqual(['tryLogin']);
  });

  it('a login that works changes nothing', async () => {
    const run = await start('authenticationFailures', { 'try-login': works });
    expect((await run.end()).report.outcome).toBe('completed');
    expect(changes(run)).toEqual(['tryLogin']);
  });

  it('an app that does not come up is taken back', async () => {
    const script = {
      lookAtSecrets: gives({ checks: [], missing: [], stale: ['JWT_SECRET'] }),
      'make-anew': fails(),
    };
    const run = await start('authenticationFailures', script);
    await run.asks('ask-person');
    await run.says('approve');
    expect(await run.end()).toMatchObject({ type: 'rolled-back' });
    const last = run.calls.findLast(({ activity }) => activity === 'startAgain');
    expect(last?.input).toMatchObject({ wasHealthy: true });
    const plan = JSON.stringify((await run.end()).report.sections);
    expect(plan).toContain('shut out');
  });

  it('an app that served before and does not come back leaves the host to a person', async () => {
    const script = {
      lookAtSecrets: gives({ checks: [], missing: [], stale: ['JWT_SECRET'] }),
      'make-anew': fails(),
      'undo:make-anew': fails(),
    };
    const run = await start('authenticationFailures', script);
    await run.asks('ask-person');
    await run.says('approve');
    expect(await run.end()).toMatchObject({ type: 'needs-operator' });
  });
});

it.each(['uploadFailures', 'authenticationFailures'])('%s: a dry run makes no change', async (type) => {
  const run = await start(type, {}, { dryRun: true });
  expect((await run.end()).report.outcome).toMatch(/completed|attention-needed/);
  expect(run.calls.filter(({ ticket }) => ticket?.dryRun === false)).toEqual([]);
});
