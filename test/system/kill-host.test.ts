import { afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { createProber } from '../../sandbox/prober.ts';
import { releaseVersion } from '../../sandbox/release-version.ts';
import { waitUntil } from '../../sandbox/wait-until.ts';
import { waitUntilWorkerRuns } from '../../setup/install-host-worker.ts';
import { environment, type TestEnvironment } from '../support/environment.ts';
import { type BusyUsers, busyUsers } from '../support/window/busy-users.ts';
import { expectHostFree, servedVersion } from '../support/window/host-state.ts';
import { whileHeldIn } from '../support/window/interrupt-steps.ts';
import { expectStartedByTheRun } from '../support/window/started-by-the-run.ts';
import { startApprovedWindow, startWindow, type WindowRun } from '../support/window/window-run.ts';

const CONFIG = '/etc/fdts-ops/host.yml';

let env: TestEnvironment;
let users: BusyUsers;

beforeAll(async () => {
  env = await environment();
});
beforeEach(async () => {
  await env.host.resetFdts();
  users = await busyUsers(env.host);
}, 120_000);
afterEach(async () => {
  await expectHostFree(env.host);
  await users.expectNothingLost();
}, 60_000);

describe('FDTS does not start itself, and the window goes on to a named end,', { timeout: 900_000 }, () => {
  test('when the host loses power while FDTS is stopped', async () => {
    const run = await startRelease();
    await run.reaches('note-uploads');
    const bootedAt = await cutPower();
    await expectCompleted(run, bootedAt);
  });

  test('when the host loses power while the new version starts', async () => {
    const run = await startRelease();
    await run.reaches('start-app');
    await waitUntil('the new app runs', async () => (await appState()) === 'running', 30_000, 20);
    const bootedAt = await cutPower();
    await expectCompleted(run, bootedAt);
  });

  test('when the host is rebooted while FDTS is stopped', async () => {
    const run = await startRelease();
    await run.reaches('note-uploads');
    const bootedAt = Date.now();
    await env.host.reboot();
    await expectCompleted(run, bootedAt);
  });

  test('when the host loses power in the middle of a rollback', async () => {
    const run = await startRelease('never-healthy');
    await run.reaches('optimize-database', ['undoing', 'undone']);
    const bootedAt = await cutPower();
    expect(await run.ended()).toMatchObject({ status: 'FAILED', outcome: 'rolled-back' });
    await expectStartedByTheRun(env.host, run.handle.workflowId, bootedAt);
    expect(await servedVersion(env.host)).toBe('1.0.0');
  });
});

test('FDTS serves again when the host loses power right after users are let in, and nothing but its policies starts it', {
  timeout: 300_000,
}, async () => {
  const { host } = env;
  const inShell = (script: string) => host.exec(['bash', '-c', script]);
  const config = await host.readFile(CONFIG);
  expect(config).not.toMatch(/^project:/m);
  await host.writeFile(CONFIG, `${config}project:\n  unit: null\n`);
  await inShell('systemctl disable -q fdts.service; systemctl restart fdts-ops-host.service');
  await waitUntilWorkerRuns(host);
  try {
    await releaseVersion(host, { version: '1.1.0' });
    const run = await startWindow(env.client);
    await whileHeldIn(host, run, 'unblock-start', async () => {
      // Its first call: no service has its policy back yet.
      await inShell(
        'docker update --restart=no $(docker ps -aq --filter label=com.docker.compose.project=fdts)',
      );
      await cutPower();
    });
    expect(await run.ended()).toMatchObject({ status: 'COMPLETED', outcome: 'completed' });
    expect(await servedVersion(host)).toBe('1.1.0');
    expect((await inShell('systemctl is-active fdts.service; true')).stdout).toBe('inactive');
  } finally {
    await host.writeFile(CONFIG, config);
    await inShell('systemctl enable -q fdts.service; systemctl start fdts.service');
    await inShell('systemctl restart fdts-ops-host.service');
    await waitUntilWorkerRuns(host);
  }
});

async function startRelease(broken?: 'never-healthy'): Promise<WindowRun> {
  await releaseVersion(env.host, { version: '1.1.0', ...(broken === undefined ? {} : { broken }) });
  return startApprovedWindow(env.client);
}

/** Nobody is served between the cut and the moment when the run lets users in: the prober proves it. */
async function expectCompleted(run: WindowRun, bootedAt: number): Promise<void> {
  const prober = createProber(`${env.host.httpUrl}/api/health`);
  prober.start();
  await run.reaches('cut-over');
  const seen = await prober.stop();
  expect(seen.outages).toHaveLength(1);
  expect(await run.ended()).toMatchObject({ status: 'COMPLETED', outcome: 'completed' });
  await expectStartedByTheRun(env.host, run.handle.workflowId, bootedAt);
  expect(await servedVersion(env.host)).toBe('1.1.0');
}

async function cutPower(): Promise<number> {
  await env.host.powerCut();
  const bootedAt = Date.now();
  await env.host.powerOn();
  return bootedAt;
}

async function appState(): Promise<string> {
  const { stdout } = await env.host.exec(
    ['docker', 'inspect', '--format', '{{.State.Status}}', 'fdts_app_1'],
    { check: false },
  );
  return stdout;
}
