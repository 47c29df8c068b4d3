import { afterEach, beforeAll, beforeEach, describe, expect, onTestFinished, test } from 'vitest';
import { createFdtsClient } from '../../sandbox/fdts-client.ts';
import { httpStatus } from '../../sandbox/http-request.ts';
import { releaseVersion } from '../../sandbox/release-version.ts';
import { changedData, dataFingerprint } from '../../setup/demo/data-fingerprint.ts';
import { environment, type TestEnvironment } from '../support/environment.ts';
import { engineCameUp, offerEngineUpgrade } from '../support/window/engine-upgrade.ts';
import { hostContents } from '../support/window/host-contents.ts';
import { journalOf } from '../support/window/host-journal.ts';
import { expectHostFree, servedVersion } from '../support/window/host-state.ts';
import { whileHeldIn } from '../support/window/interrupt-steps.ts';
import { resetRun } from '../support/window/reset-run.ts';
import { startApprovedWindow, startWindow } from '../support/window/window-run.ts';

let env: TestEnvironment;

beforeAll(async () => {
  env = await environment();
});
beforeEach(() => env.host.resetFdts(), 120_000);
afterEach(() => expectHostFree(env.host), 60_000);

const hostSays = async (...argv: string[]): Promise<string> => (await env.host.exec(argv)).stdout;

describe('without an effect', { timeout: 120_000 }, () => {
  test('a gate that nobody answers changes nothing', async () => {
    const { host, client } = env;
    await releaseVersion(host, { version: '1.1.0' });
    const before = await hostContents(host);
    const run = await startWindow(client, { approvalTimeoutSeconds: 5 });
    const end = await run.ended();
    expect(end).toMatchObject({ status: 'FAILED', outcome: 'expired' });
    expect(end.because).toContain('silence is not consent');
    expect(await hostContents(host)).toEqual(before);
    expect(await servedVersion(host)).toBe('1.0.0');
  });

  test('a second window at the same time is refused and names the first, whose abort at its gate leaves the host as it was', async () => {
    const { host, client } = env;
    await releaseVersion(host, { version: '1.1.0' });
    const before = await hostContents(host);
    const first = await startWindow(client);
    await first.reaches('approve-plan', ['waiting']);
    const second = await startWindow(client).then((run) => run.ended());
    expect(second).toMatchObject({ status: 'FAILED', outcome: 'refused' });
    expect(second.because).toContain(first.handle.workflowId);
    expect(second.because).toMatch(/since \d{4}-\d\d-\d\dT.* last change "Pull and build the new images"/);
    expect(second.because).toContain('wait for it, or abort it');
    await first.abort('enough seen');
    expect(await first.ended()).toMatchObject({ status: 'FAILED', outcome: 'rejected' });
    expect(await hostContents(host)).toEqual(before);
    expect(await servedVersion(host)).toBe('1.0.0');
  });

  test('a dry run lists the commands of every change and makes none', async () => {
    const { host, client } = env;
    await releaseVersion(host, { version: '1.1.0' });
    const before = await hostContents(host);
    const end = await startWindow(client, { dryRun: true }).then((run) => run.ended());
    expect(end).toMatchObject({ status: 'COMPLETED', outcome: 'completed' });
    expect(await hostContents(host)).toEqual(before);
    const changes =
      end.report?.steps.filter(({ kind, status }) => kind === 'change' && status !== 'skipped') ?? [];
    expect(changes.length).toBeGreaterThan(10);
    // What was put off can only be known after the upgrade.
    const silent = changes.filter(({ id, commands }) => id !== 'restart-deferred' && !commands?.length);
    expect(silent.map(({ id }) => id)).toEqual(['clean-up', 'retain-backups']);
  });
});

describe('taken out of its hands', { timeout: 240_000 }, () => {
  test('terminated in the UI: FDTS stays stopped, the host quarantined, until "recover" brings it back', async () => {
    const { host, client } = env;
    const before = await dataFingerprint(host);
    const run = await startWindow(client);
    await whileHeldIn(host, run, 'settle-database', () => run.handle.terminate('tests'));
    const refused = await startWindow(client).then((next) => next.ended());
    expect(refused).toMatchObject({ outcome: 'refused' });
    expect(refused.because).toContain(run.handle.workflowId);
    expect(refused.because).toContain('fdts-ops recover');
    expect(await httpStatus(`${host.httpUrl}/api/health`, 1000)).not.toBe(200);

    const recovered = JSON.parse(await hostSays('fdts-ops', 'recover', '--yes', '--json'));
    expect(recovered).toMatchObject({
      recovered: true,
      outcome: 'rolled-back',
      workflowId: run.handle.workflowId,
    });
    await expectHostFree(host);
    expect(changedData(before, await dataFingerprint(host))).toEqual([]);
    expect(await startApprovedWindow(client).then((next) => next.ended())).toMatchObject({
      outcome: 'completed',
    });
  });

  test('reset in the UI: the run that goes on finds itself fenced off, and "recover" ends what was begun', async () => {
    const { host, client } = env;
    await createFdtsClient(host.httpUrl).addAuditRow('before-reset', 'x');
    const before = await dataFingerprint(host);
    const run = await startWindow(client);
    const again = await whileHeldIn(host, run, 'settle-database', () => resetRun(client, run.handle, 'last'));
    const end = await again.ended();
    expect(end.outcome).toBe('needs-operator');
    expect(end.because).toContain('may not change it any more');
    expect(await httpStatus(`${host.httpUrl}/api/health`, 1000)).not.toBe(200);
    const recovered = JSON.parse(await hostSays('fdts-ops', 'recover', '--yes', '--json'));
    expect(recovered).toMatchObject({
      recovered: true,
      outcome: 'rolled-back',
      workflowId: run.handle.workflowId,
    });
    const afterItsEnd = await resetRun(client, run.handle, 'first').then((again) => again.ended());
    expect(afterItsEnd.outcome).toBe('refused');
    expect(afterItsEnd.because).toContain('it was reset after it ended here as rolled-back; start a new run');
    expect(changedData(before, await dataFingerprint(host))).toEqual([]);
  });
});

test('an upgrade that restarts Docker is made in the stop, and FDTS comes up after it', {
  timeout: 240_000,
}, async () => {
  const { host, client } = env;
  onTestFinished(await offerEngineUpgrade(host));
  await releaseVersion(host, { version: '1.1.0' });
  const run = await startApprovedWindow(client);
  const end = await run.ended();
  expect(end).toMatchObject({ status: 'COMPLETED', outcome: 'completed' });
  const changes = await journalOf(host, run.handle.workflowId);
  const restart = changes.find(({ step }) => step === 'restart-deferred');
  // Put off by the upgrade itself: not before its own step, in which everything is stopped and installed.
  const cameUp = await engineCameUp(host);
  expect(cameUp).toBeGreaterThanOrEqual(Math.floor(Date.parse(restart?.begun_at ?? '') / 1000));
  expect(cameUp).toBeLessThanOrEqual(Date.parse(restart?.ended_at ?? '') / 1000);
  expect(await servedVersion(host)).toBe('1.1.0');
  expect(await hostSays('dpkg-query', '-W', '-f', '${Version}', 'fdts-engine')).toBe('1.1');
});
