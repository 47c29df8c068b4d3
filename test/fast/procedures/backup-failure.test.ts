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

const start = (script = {}, input?: object) => runs.start(world, 'backupFailure', script, input);
const pass = { name: 'made up', status: 'pass', expected: 'ok', got: 'ok' };
const wrong = { name: 'backups can be written', status: 'fail', expected: 'it may', got: 'EACCES' };
const look = (more: object) =>
  gives({
    isRecent: false,
    recent: { ...pass, name: 'recent', status: 'fail', got: 'none' },
    stoppedService: null,
    checks: [pass],
    lines: [],
    missingBytes: 0,
    approvalTimeoutSeconds: 600,
    ...more,
  });
const made = ({ calls }: { calls: readonly { ticket: unknown; activity: string }[] }) =>
  calls
    .filter(
      ({ ticket, activity }) => ticket !== null && !['takeHold', 'finishRun', 'announce'].includes(activity),
    )
    .map(({ activity }) => activity);

describe('backupFailure', () => {
  it('a backup that cannot be made is told with the cause that was found, and needs attention', async () => {
    const run = await start({ lookAtBackups: look({ checks: [wrong] }), 'back-up': fails('EACCES') });
    const { status, report } = await run.end();
    expect(status).toBe('COMPLETED');
    expect(report).toMatchObject({ outcome: 'attention-needed' });
    expect(report.because).toMatch(/made to fail.*found before: backups can be written: EACCES/);
  });

  it('a backup that cannot be proven does not count', async () => {
    const run = await start({ verifyBackup: fails('BACKUP_INVALID') });
    expect((await run.end()).report).toMatchObject({ outcome: 'attention-needed' });
    expect(run.calls.some(({ activity }) => activity === 'checkBackups')).toBe(false);
  });

  it('a second copy that cannot be made hides nothing of the first one', async () => {
    const run = await start({ 'copy-backup': fails('DISK_FULL') });
    const { report } = await run.end();
    expect(report).toMatchObject({ outcome: 'attention-needed' });
    expect(report.because).toContain('it can be copied to external storage');
    expect(run.calls.some(({ activity }) => activity === 'checkBackups')).toBe(true);
  });

  it('a stopped service is started without asking; one that does not start is told, and a backup is made all the same', async () => {
    const run = await start({ lookAtBackups: look({ stoppedService: 'backup' }), 'start-service': fails() });
    const { report } = await run.end();
    expect(report).toMatchObject({ outcome: 'attention-needed' });
    expect(made(run)).toEqual(['startAgain', 'makeBackup', 'copyBackup', 'bundleConfiguration']);
  });

  it.each(['approve', 'abort'] as const)(
    'a full disk: what may be removed is shown at a gate (%s)',
    async (decision) => {
      const run = await start({ lookAtBackups: look({ missingBytes: 5e6 }) });
      await run.asks('approve-removal');
      await run.says(decision, { by: 'Ada' });
      const { report } = await run.end();
      expect(report.outcome).toBe(decision === 'approve' ? 'completed' : 'rejected');
      expect(report.sections.find(({ title }) => title === 'Plan')?.lines).toContain('  old.tar.gz, 9 MB');
      expect(made(run)).toEqual(
        decision === 'approve' ? ['removeApproved', 'makeBackup', 'copyBackup', 'bundleConfiguration'] : [],
      );
    },
  );

  it('a last look that fails hides neither what was removed nor the backup that was made', async () => {
    const run = await start({ lookAtBackups: look({ missingBytes: 5e6 }), checkBackups: fails('EACCES') });
    await run.asks('approve-removal');
    await run.says('approve', { by: 'Ada' });
    const { status, report } = await run.end();
    expect({ status, outcome: report.outcome }).toEqual({ status: 'COMPLETED', outcome: 'completed' });
    expect(report.because).toContain('not proven: a recent verified backup');
  });

  it('a removal that fails is told, and a backup is tried all the same', async () => {
    const run = await start({
      lookAtBackups: look({ missingBytes: 5e6 }),
      'remove-backups': fails('EACCES'),
    });
    await run.asks('approve-removal');
    await run.says('approve', { by: 'Ada' });
    const { report } = await run.end();
    expect(report).toMatchObject({ outcome: 'attention-needed' });
    expect(report.because).toContain('the approved backups can be removed: made to fail');
    expect(made(run)).toEqual(['removeApproved', 'makeBackup', 'copyBackup', 'bundleConfiguration']);
  });

  it('silence removes nothing', async () => {
    const run = await start({ lookAtBackups: look({ missingBytes: 5e6 }) }, { approvalTimeoutSeconds: 1 });
    expect(await run.end()).toMatchObject({ type: 'expired' });
    expect(made(run)).toEqual([]);
  });

  it('a disk that retention cannot make room on: no gate, and a backup is tried all the same', async () => {
    const plan = { archives: [], lines: [], freesBytes: 1e6, isEnough: false };
    const run = await start({ lookAtBackups: look({ missingBytes: 5e6 }), planRemoval: gives(plan) });
    const { report } = await run.end();
    expect(report).toMatchObject({ outcome: 'attention-needed' });
    expect(report.because).toContain('frees 1 MB of 5 MB');
    expect(made(run)).toEqual(['makeBackup', 'copyBackup', 'bundleConfiguration']);
  });

  it('a recent verified backup: nothing is done', async () => {
    const run = await start({ lookAtBackups: look({ isRecent: true, recent: pass }) });
    expect((await run.end()).report.outcome).toBe('completed');
    expect(made(run)).toEqual([]);
  });

  it('a dry run lists every change and makes none', async () => {
    const run = await start(
      { lookAtBackups: look({ missingBytes: 5e6, stoppedService: 'backup' }) },
      { dryRun: true },
    );
    expect((await run.end()).report.outcome).toBe('completed');
    expect(run.calls.filter(({ ticket }) => ticket?.dryRun === false)).toEqual([]);
    expect(made(run)).toEqual([
      'startAgain',
      'removeApproved',
      'makeBackup',
      'copyBackup',
      'bundleConfiguration',
    ]);
  });
});
