import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createFdtsClient } from '../../sandbox/fdts-client.ts';
import { freePort } from '../../sandbox/free-port.ts';
import { httpStatus } from '../../sandbox/http-request.ts';
import { type Monitoring, startMonitoring } from '../../sandbox/monitoring/monitoring.ts';
import { waitUntil } from '../../sandbox/wait-until.ts';
import { asControlled } from '../../setup/bring-up.ts';
import { controlWorker } from '../../setup/control-worker.ts';
import { dockerPrefix } from '../../setup/docker-objects.ts';
import { say } from '../../setup/say.ts';
import type { WatchState } from '../../workflows/contracts/watch.ts';
import { environment, type TestEnvironment } from '../support/environment.ts';
import { configureHost, HOST_CONFIG } from '../support/window/configure-host.ts';
import { containerOf } from '../support/window/damage.ts';
import { expectHostFree } from '../support/window/host-state.ts';
import { checksOf } from '../support/window/read-report.ts';
import { windowRun } from '../support/window/window-run.ts';

const every = '5s';
let env: TestEnvironment;

beforeAll(async () => {
  env = await environment();
  await env.host.resetFdts();
}, 300_000);
afterAll(async () => {
  // Not watched any more: this one ends the watch.
  await controlWorker(env.server, await asControlled(env.host)).start();
  await expectHostFree(env.host);
}, 120_000);

const state = () => env.client.workflow.getHandle('watch-sandbox').query<WatchState>('watch');
const health = () => httpStatus(`${env.host.httpUrl}/api/health`, 2000);

/** What the watch has started since then, and how it ended. */
async function answersSince(since: string) {
  const query = `StartTime > "${since}" AND WorkflowType != "watchHost"`;
  const found = [];
  for await (const { type, workflowId, searchAttributes, parentExecution } of env.client.workflow.list({
    query,
  }))
    found.push({
      type,
      workflowId,
      outcome: searchAttributes?.['FdtsOutcome']?.[0],
      startedBy: parentExecution?.workflowId,
    });
  return found;
}

describe('without an Alertmanager', () => {
  let begun: string;
  let usual: string;
  beforeAll(async () => {
    begun = new Date().toISOString();
    usual = await env.host.readFile(HOST_CONFIG);
    // The usual minute is why an alert comes first where there are any.
    await configureHost(env.host, `${usual}thresholds: { downFor: 2s }\n`);
    await controlWorker(env.server, { ...(await asControlled(env.host)), watch: { every } }).start();
  }, 120_000);
  afterAll(() => configureHost(env.host, usual), 60_000);

  test('a host that has no backup gets one, by what the watch itself has seen', {
    timeout: 180_000,
  }, async () => {
    const answered = async () => (await answersSince(begun)).length > 0 && (await state()).open.length === 0;
    await waitUntil('the watch has had it answered', answered, 120_000);
    const [answer, ...more] = await answersSince(begun);
    expect(answer).toMatchObject({
      type: 'backupFailure',
      outcome: 'completed',
      startedBy: 'watch-sandbox',
    });
    expect(more).toEqual([]);
    const run = env.client.workflow.getHandle(answer?.workflowId ?? '');
    const end = await windowRun(run).ended();
    expect(checksOf(end)['a recent verified backup exists']).toMatch(/^pass: /);
  });

  test('an app that dies is found by the watch itself and mended once, and users are served again', {
    timeout: 120_000,
  }, async () => {
    const { host, client } = env;
    const since = new Date().toISOString();
    await host.exec(['docker', 'kill', await containerOf(host, 'app')]);
    await waitUntil('users are not served', async () => (await health()) !== 200, 30_000);
    await waitUntil('users are served again', async () => (await health()) === 200, 60_000);
    const isOver = async () => {
      const { open, incidents } = await state();
      return open.length === 0 && !('app down' in incidents);
    };
    await waitUntil('the watch has seen that it is over', isOver, 60_000);

    const [answer, ...more] = await answersSince(since);
    expect(answer).toMatchObject({
      type: 'applicationDown',
      outcome: 'completed',
      startedBy: 'watch-sandbox',
    });
    expect(more, 'once').toEqual([]);
    expect(await state()).toMatchObject({ blocked: null, alerts: [] });
    const run = client.workflow.getHandle(answer?.workflowId ?? '');
    expect(await (await run.describe()).staticSummary()).toMatch(/^started by the watch: app down, \S/);
    expect(checksOf(await windowRun(run).ended())).toMatchObject({
      'the app answers through the proxy': 'pass: 200',
    });
    const user = createFdtsClient(host.httpUrl);
    const { id, sha256 } = await user.upload('a.bin', Buffer.from('some bytes'));
    expect(await user.downloadedSha256(id)).toBe(sha256);
  });
});

describe('with an Alertmanager', () => {
  let folder: string;
  let monitoring: Monitoring | undefined;
  beforeAll(async () => {
    const { host, server } = env;
    folder = await mkdtemp(path.join(tmpdir(), 'fdts-ops-alerts-'));
    const tokenFile = path.join(folder, 'token');
    await writeFile(tokenFile, 'a-token-of-the-test\n', { mode: 0o600 });
    const port = await freePort();
    const answers = [{ alert: 'FdtsDown', procedure: 'applicationDown' }];
    const watch = { every, alerts: { port, tokenFile, answers } };
    await controlWorker(server, { ...(await asControlled(host)), watch }).start();
    monitoring = await startMonitoring({
      name: dockerPrefix(),
      url: `${host.httpUrl}/api/health`,
      alert: 'FdtsDown',
      labels: { fdts_host: 'sandbox' },
      webhook: { url: `http://127.0.0.1:${port}/alerts`, token: 'a-token-of-the-test' },
      say,
    });
  }, 600_000);
  afterAll(async () => {
    await monitoring?.end();
    await rm(folder, { recursive: true });
  }, 60_000);

  test('an app that dies is found by Prometheus, and its alert, however often it is sent, is answered once', {
    timeout: 300_000,
  }, async () => {
    const { host } = env;
    const since = new Date().toISOString();
    await host.exec(['docker', 'kill', await containerOf(host, 'app')]);
    await waitUntil('users are not served', async () => (await health()) !== 200, 30_000);
    await waitUntil('the watch has heard the alert', async () => (await state()).alerts.length > 0, 60_000);
    expect(await monitoring?.firing()).toEqual(['FdtsDown']);
    await waitUntil('users are served again', async () => (await health()) === 200, 90_000);
    await waitUntil('the alert is over', async () => (await monitoring?.firing())?.length === 0, 90_000);
    await waitUntil('the watch knows', async () => (await state()).alerts.length === 0, 30_000);
    await waitUntil('the answer has ended', async () => (await state()).open.length === 0, 60_000);
    expect(await answersSince(since)).toEqual([
      expect.objectContaining({
        type: 'applicationDown',
        outcome: 'completed',
        startedBy: 'watch-sandbox',
      }),
    ]);
    expect(await state()).toMatchObject({ blocked: null, alerts: [] });
  });
});
