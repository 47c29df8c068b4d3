import { afterEach, beforeEach, expect, onTestFinished, test } from 'vitest';
import { createFdtsClient } from '../../sandbox/fdts-client.ts';
import { releaseVersion } from '../../sandbox/release-version.ts';
import { createWriter } from '../../sandbox/writer.ts';
import { environment, type TestEnvironment } from '../support/environment.ts';
import { expectHostFree, servedVersion } from '../support/window/host-state.ts';
import { interruptSteps, whileHeldIn } from '../support/window/interrupt-steps.ts';
import { startApprovedWindow, startWindow, windowRun } from '../support/window/window-run.ts';

let env: TestEnvironment;

beforeEach(async () => {
  env = await environment();
  await env.host.resetFdts();
}, 120_000);
afterEach(() => expectHostFree(env.host), 60_000);

test('a new version that does not serve users, and has changed the schema, goes only when a person chooses so', {
  timeout: 300_000,
}, async () => {
  const { host, client } = env;
  await releaseVersion(host, { version: '1.1.0', broken: 'not-for-users', migrates: true });
  const end = await startApprovedWindow(client).then((run) => run.ended());
  expect(end).toMatchObject({ status: 'COMPLETED', outcome: 'attention-needed' });
  const [, next = ''] = /run (rollbackMaintenance-\S+) was started/.exec(end.because) ?? [];

  const user = createFdtsClient(host.httpUrl);
  const row = await user.addAuditRow('written since', 'by a user of the new version');
  const fileOfBefore = '(SELECT id FROM files ORDER BY created_at LIMIT 1)';
  const fill = `UPDATE files SET note = 'in a column of the new version' WHERE id = ${fileOfBefore}`;
  const asOwner = ['setpriv', '--reuid=10001', '--regid=10001', '--clear-groups'];
  const toDatabase = ['sqlite3', '-cmd', '.timeout 10000', '/opt/fdts/data/database.sqlite'];
  await host.exec([...asOwner, ...toDatabase, fill]);
  const back = windowRun(client.workflow.getHandle(next));
  await back.reaches('approve-rollback', ['waiting']);
  await back.approve();
  const choice = await back.ended();
  expect(choice).toMatchObject({ status: 'COMPLETED', outcome: 'completed' });
  expect(await servedVersion(host)).toBe('1.0.0');
  expect(await user.auditDetails(row)).toBeUndefined();
  const salvage = `/opt/fdts/data/.fdts-ops-${choice.report?.stamp}/salvage.sqlite`;
  const salvaged = async (sql: string) => (await host.exec(['sqlite3', '-readonly', salvage, sql])).stdout;
  expect(await salvaged(`SELECT details FROM audit_logs WHERE id = ${row}`)).toBe(
    'by a user of the new version',
  );
  expect(await salvaged('SELECT note FROM files WHERE note IS NOT NULL')).toBe(
    'in a column of the new version',
  );
});

test('a new version that changed the schema, with a proxy that does not start: a person is asked, not left with a host that is held', {
  timeout: 400_000,
}, async () => {
  const { host, client } = env;
  await releaseVersion(host, { version: '1.1.0', migrates: true });
  const run = await startWindow(client);
  await whileHeldIn(host, run, 'smoke-test', async () => {
    const listen = "require('node:net').createServer().listen(80)";
    await host.exec(['systemd-run', '--quiet', '--unit=takes-port-80', 'node', '-e', listen]);
  });
  const freePort = () => host.exec(['systemctl', 'stop', 'takes-port-80.service'], { check: false });
  onTestFinished(() => freePort().then(() => undefined));
  const end = await run.ended();
  expect(end).toMatchObject({ status: 'COMPLETED', outcome: 'attention-needed' });
  expect(end.because).toMatch(/cut-over: 5 attempts .*address already in use/s);
  const [, next = ''] = /run (rollbackMaintenance-\S+) was started/.exec(end.because) ?? [];

  const back = windowRun(client.workflow.getHandle(next));
  await back.reaches('approve-rollback', ['waiting']);
  await freePort();
  await back.approve();
  expect(await back.ended()).toMatchObject({ status: 'COMPLETED', outcome: 'completed' });
  expect(await servedVersion(host)).toBe('1.0.0');
});

test('one that has left the schema alone goes back by itself, the worker killed in it, and what users wrote stays', {
  timeout: 300_000,
}, async () => {
  const { host, client } = env;
  await releaseVersion(host, { version: '1.1.0', broken: 'not-for-users' });
  const writer = createWriter(host.httpUrl);
  writer.start();
  const run = await startApprovedWindow(client);
  const back = { signal: 'SIGKILL', which: 'first', prefix: 'undo:cut-over' } as const;
  expect(await interruptSteps(host, run.handle.workflowId, back)).toEqual(['undo:cut-over']);
  expect(await run.ended()).toMatchObject({ status: 'FAILED', outcome: 'rolled-back' });
  expect(await servedVersion(host)).toBe('1.0.0');
  const acknowledged = writer.acknowledgedUploads();
  await expect.poll(() => writer.acknowledgedUploads(), { timeout: 20_000 }).toBeGreaterThan(acknowledged);
  await writer.stop();
  const nothingLost = { missingRows: [], missingUploads: [], wrongUploads: [] };
  expect(await writer.verify(host.httpUrl)).toMatchObject(nothingLost);
});
