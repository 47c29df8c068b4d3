import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
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
import { containerOf } from '../support/window/damage.ts';
import { expectHostFree } from '../support/window/host-state.ts';
import { backUp } from '../support/window/restore-run.ts';

let env: TestEnvironment;
let folder: string;
let monitoring: Monitoring | undefined;

beforeAll(async () => {
  env = await environment();
  const { host, server } = env;
  await host.resetFdts();
  // Else the watch answers that there is none.
  await backUp(env.client);
  folder = await mkdtemp(path.join(tmpdir(), 'fdts-ops-alerts-'));
  const tokenFile = path.join(folder, 'token');
  await writeFile(tokenFile, 'a-token-of-the-test\n', { mode: 0o600 });
  const port = await freePort();
  const answers = [{ alert: 'FdtsDown', procedure: 'applicationDown' }];
  const watch = { every: '5s', alerts: { port, tokenFile, answers } };
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
  // Not watched any more: this one ends the watch.
  await controlWorker(env.server, await asControlled(env.host)).start();
  await rm(folder, { recursive: true });
  await expectHostFree(env.host);
}, 120_000);

test('an app that dies is found by Prometheus, and its alert, however often it is sent, is answered once', {
  timeout: 300_000,
}, async () => {
  const { host, client } = env;
  const since = new Date().toISOString();
  const watch = client.workflow.getHandle('watch-sandbox');
  const state = () => watch.query<WatchState>('watch');
  const health = () => httpStatus(`${host.httpUrl}/api/health`, 2000);
  await host.exec(['docker', 'kill', await containerOf(host, 'app')]);
  await waitUntil('users are not served', async () => (await health()) !== 200, 30_000);
  await waitUntil('the watch has heard the alert', async () => (await state()).alerts.length > 0, 60_000);
  expect(await monitoring?.firing()).toEqual(['FdtsDown']);
  await waitUntil('users are served again', async () => (await health()) === 200, 90_000);
  await waitUntil('the alert is over', async () => (await monitoring?.firing())?.length === 0, 90_000);
  await waitUntil('the watch knows', async () => (await state()).alerts.length === 0, 30_000);
  await waitUntil('the answer has ended', async () => (await state()).open.length === 0, 60_000);

  const runs = client.workflow.list({ query: `StartTime > "${since}" AND WorkflowType != "watchHost"` });
  const started: { type: string; outcome: unknown }[] = [];
  for await (const { type, searchAttributes } of runs)
    started.push({ type, outcome: searchAttributes?.['FdtsOutcome']?.[0] });
  expect(started).toEqual([{ type: 'applicationDown', outcome: 'completed' }]);
  expect(await state()).toMatchObject({ blocked: null, alerts: [] });
});
